// A unit's officer issues activation slips in bulk; a holder activates; lost codes are given anew, several at once.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { closeBrowser, openBrowser, signedIn, sitDown } from "../lib/person.mjs";

before(openBrowser);
after(closeBrowser);

const CODE = /^[A-Z0-9]{4,5}(-[A-Z0-9]{4,5}){3,}$/;
const CHOSEN = "Mat khau rieng 2025!";

/** What the page shows this once: login → code. */
async function slips(person) {
  const rows = await person.page.locator("main tbody tr").evaluateAll((rows) =>
    rows.map((row) => [row.querySelector("code").textContent.trim(), row.querySelector("[id^=ma-]").textContent.trim()]),
  );
  for (const [login, code] of rows) assert.match(code, CODE, `the code of ${login}`);
  return new Map(rows);
}

async function activate(person, login, code, password) {
  await person.go("/kich-hoat");
  await person.answer({ login, code, password, password_again: password });
  await person.press("Kích hoạt");
}

test("slips for everyone without an account, printed, activated, used; then new codes for those chosen", async () => {
  // The paper put on record without JavaScript brought this unit somebody new.
  const officer = (await signedIn("qn.soct")).expect(422);
  await officer.go("/tai-khoan");
  await officer.look("tai-khoan-don-vi");
  await officer.press("Cấp tài khoản cho người chưa có");
  const first = await slips(officer);
  assert.ok(first.size >= 1, "somebody had no account");
  await officer.look("phieu-kich-hoat");
  const [download] = await Promise.all([
    officer.page.waitForEvent("download"),
    officer.page.getByRole("link", { name: "Tải phiếu kích hoạt (PDF)" }).click(),
  ]);
  assert.equal(readFileSync(await download.path()).subarray(0, 5).toString(), "%PDF-");

  const [login, code] = [...first][0];
  const holder = (await sitDown({ scripts: false })).expect(422);
  await activate(holder, login, code, CHOSEN);
  if (!/\/ke-khai$/.test(holder.page.url())) await holder.signIn(login, CHOSEN);
  assert.equal(await holder.heading(), "Kê khai của tôi");
  await holder.go("/ke-khai");

  await officer.go("/tai-khoan");
  assert.equal(await officer.page.getByRole("button", { name: "Cấp tài khoản cho người chưa có" }).count(), 0);
  await officer.press("Cấp lại mã cho người đã chọn");
  assert.match(await officer.text(), /Chưa chọn tài khoản nào/);
  await officer.look("tai-khoan-chua-chon");
  const rows = officer.page.locator("tbody tr").filter({ has: officer.page.locator("input[type=checkbox]") });
  const chosen = [login];
  for (const other of await rows.locator("code").allInnerTexts()) if (chosen.length < 3 && other !== login) chosen.push(other);
  for (const other of chosen) await rows.filter({ hasText: other }).locator("input[type=checkbox]").check();
  await officer.press("Cấp lại mã cho người đã chọn");
  const second = await slips(officer);
  assert.deepEqual([...second.keys()].sort(), chosen.sort());
  assert.equal(second.size, 3, "several at once");
  assert.notEqual(second.get(login), code);
  await officer.look("phieu-cap-lai");

  await holder.go("/ke-khai");
  assert.match(holder.page.url(), /\/dang-nhap/, "the session ended with the old code");
  await holder.signIn(login, CHOSEN);
  assert.match(holder.page.url(), /\/dang-nhap/, "and so did the old password");
  await activate(holder, login, code, CHOSEN);
  assert.ok((await holder.page.locator(".govuk-error-summary").count()) === 1, "the old code is worth nothing");
  await activate(holder, login, second.get(login), CHOSEN);
  assert.equal(await holder.page.locator(".govuk-error-summary").count(), 0, "the new one works");
  await Promise.all([officer.leave(), holder.leave()]);
});

test("an agency's administrator issues an officer's account; what is wrong is said at its field and kept", async () => {
  const person = (await signedIn("qn.quantri")).expect(422);
  await person.go("/tai-khoan/cap");
  await person.look("cap-tai-khoan");
  await person.answer({ name: "Đặng Thị Hạnh", login: "Có Dấu" });
  await person.press("Cấp tài khoản");
  assert.equal(await person.page.locator(".govuk-error-summary__list li").count(), 3);
  assert.equal(await person.page.inputValue("#name"), "Đặng Thị Hạnh");
  await person.look("cap-tai-khoan-loi");
  await person.page.getByLabel("Cán bộ tiếp nhận bản giấy").check();
  await person.answer({ position: "Chuyên viên", login: "qn.tiepnhan2" });
  await person.press("Cấp tài khoản");
  const issued = await slips(person);
  assert.deepEqual([...issued.keys()], ["qn.tiepnhan2"]);
  await person.leave();
});
