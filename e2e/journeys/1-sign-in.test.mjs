// Signing in: with the keyboard alone, wrongly, and out again.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { PASSWORD, closeBrowser, openBrowser, signedIn, sitDown } from "../lib/person.mjs";

before(openBrowser);
after(closeBrowser);

const focused = (page) => page.evaluate(() => document.activeElement?.id || document.activeElement?.textContent.trim());

test("a declarant signs in with the keyboard alone", async () => {
  const person = await sitDown();
  await person.go("/");
  assert.match(person.page.url(), /\/dang-nhap$/);
  await person.look("dang-nhap");
  await person.page.keyboard.press("Tab");
  assert.equal(await focused(person.page), "Chuyển đến nội dung chính", "the first stop is the way past the header");
  await person.tabTo("#login", { most: 12 });
  await person.page.keyboard.type("kk.mot");
  await person.page.keyboard.press("Tab");
  await person.page.keyboard.type(PASSWORD);
  await person.key("Enter");
  assert.match(person.page.url(), /\/ke-khai$/);
  assert.equal(await person.heading(), "Kê khai của tôi");
  await person.look("ke-khai");
  await person.leave();
});

test("a wrong password is told without saying which part was wrong; the name stays", async () => {
  const person = (await sitDown()).expect(422);
  await person.go("/dang-nhap");
  await person.signIn("dn.tiepnhan", "khong dung mat khau");
  assert.equal(await person.page.inputValue("#login"), "dn.tiepnhan");
  const known = await person.page.locator(".govuk-error-summary").innerText();
  await person.look("dang-nhap-sai");
  await person.signIn("khong.co.ai", "khong dung mat khau");
  assert.equal(await person.page.locator(".govuk-error-summary").innerText(), known, "an unknown name looks the same");
  await person.leave();
});

test("signing out ends the session", async () => {
  const person = await signedIn("dn.tiepnhan");
  assert.match(person.page.url(), /\/tiep-nhan$/);
  await Promise.all([person.page.waitForEvent("load"), person.page.getByRole("button", { name: "Đăng xuất" }).click()]);
  await person.go("/tiep-nhan");
  assert.match(person.page.url(), /\/dang-nhap$/);
  await person.leave();
});

test("activation asks for the code on the slip", async () => {
  const person = (await sitDown()).expect(422);
  await person.go("/kich-hoat");
  await person.look("kich-hoat");
  await person.answer({ login: "kk-khongco", code: "AAAA-BBBB-CCCC-DDDD-EEEE", password: "mat khau dai lam", password_again: "mat khau dai lam" });
  await person.press("Kích hoạt");
  await person.look("kich-hoat-sai");
  assert.equal(await person.page.inputValue("#login"), "kk-khongco", "what was typed stays");
  await person.leave();
});
