// A declarant fills the annual form and sends it, with and without JavaScript; another fills the first form.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { begin, fillAll, send } from "../lib/declaration.mjs";
import { closeBrowser, openBrowser, service, signedIn } from "../lib/person.mjs";

before(openBrowser);
after(closeBrowser);

async function isPdf(person, path) {
  const { bytes, type } = await person.download(path);
  assert.equal(type, "application/pdf");
  assert.equal(bytes.subarray(0, 5).toString(), "%PDF-");
}

async function looksAtWhatWasSent(person, sent, name) {
  const confirmation = await person.text();
  assert.match(confirmation, /[0-9a-f]{64}/, "the document's hash");
  await person.look(`${name}-da-gui`);
  await person.go(sent);
  assert.match(await person.text(), /850\.000\.000/);
  await person.look(`${name}-ban-da-gui`);
  // The log gives the event its place within a second or two.
  for (let tries = 0; tries < 20; tries += 1) {
    await person.go(`${sent}/phieu`);
    if (/là dòng số/.test(await person.text())) break;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  assert.match(await person.text(), /là dòng số \d/, "the place in the log");
  await person.look(`${name}-phieu`);
  await isPdf(person, `${sent}/phieu.pdf`);
  await isPdf(person, `${sent}/ban-ke-khai.pdf`);
  await person.go("/ke-khai");
  await person.look(`${name}-sau-khi-gui`);
}

test("annual, with JavaScript: autosave, every section, check, send, slip", async () => {
  const person = (await signedIn("kk.mot")).expect(422);
  await person.go("/ke-khai");
  const first = await person.page.locator('main a[href^="/ke-khai/"]').first().getAttribute("href");
  await person.go(first);
  await person.look("bat-dau");
  const home = await begin(person);
  await person.look("danh-sach-muc");

  await person.go(`${home}/ii-1-1`);
  await person.answer({ have: "co" });
  await person.page.locator('[name="e0.address"]').fill("Thửa đất ở thôn Gò Da");
  await person.page.locator("[data-save-state][data-state=saved]").waitFor();
  await person.page.reload();
  assert.equal(await person.page.locator('[name="e0.address"]').inputValue(), "Thửa đất ở thôn Gò Da", "saved without a button");

  await person.answer({ "e0.area_m2": "hai trăm mét" });
  await person.press("Lưu và tiếp tục");
  assert.equal(await person.page.locator('[name="e0.area_m2"]').inputValue(), "hai trăm mét", "a wrong text is kept");
  assert.ok((await person.page.locator("#e0\\.area_m2-error").count()) === 1, "and shown with its error");
  await person.look("muc-co-loi");

  const slugs = await fillAll(person, home, (slug) => person.look(`muc-${slug}`));
  assert.ok(slugs.includes("ii-10") && slugs.includes("iii"), "an annual declaration has income and changes");
  await person.go(home);
  await person.look("danh-sach-muc-xong");
  const sent = await send(person, home, (name) => person.look(name));
  await looksAtWhatWasSent(person, sent, "js");
  await person.leave();
});

test("on a slow line: typing on and leaving while a save is under way loses nothing and makes no conflict", async () => {
  const person = await signedIn("kk.hai");
  const { page } = person;
  const home = await begin(person);
  const section = `${home}/ii-1-2`;
  await person.go(section);
  await person.answer({ have: "co" });
  await page.locator("[data-save-state][data-state=saved]").waitFor();
  const address = page.locator('[name="e0.address"]');
  // Its request reaches the service; the answer is on its way when the page is left.
  let slow = 0;
  await page.route("**/tu-luu", async (route) => {
    slow += 1;
    const answer = await route.fetch();
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await route.fulfill({ response: answer }).catch(() => {}); // nobody may be there any more
  });
  await address.fill("Thửa ở thôn");
  await page.locator("[data-save-state][data-state=saving]").waitFor();
  await address.fill("Thửa ở thôn Gò Da, xã Sơn Linh");
  assert.equal(await page.locator("[data-save-state]").getAttribute("data-state"), "pending", "what is not saved is not said to be");
  await person.go(home);
  for (let tries = 0; tries < 20; tries += 1) {
    await person.go(section);
    if ((await address.inputValue()).endsWith("Sơn Linh")) break;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  assert.equal(await address.inputValue(), "Thửa ở thôn Gò Da, xã Sơn Linh");
  assert.equal(new URL(page.url()).pathname, section, "two texts of one page are no two versions");
  assert.ok(slow >= 2, "both were sent");
  await person.leave();
});

test("too many at once: typing on does not ask again before the time the server named", async () => {
  const person = (await signedIn("kk.hai")).expect(503);
  const { page } = person;
  const home = await begin(person);
  await person.go(`${home}/ii-1-2`);
  const address = page.locator('[name="e0.address"]');
  const RETRY_AFTER = 4;
  const asked = [];
  await page.route("**/tu-luu", async (route) => {
    asked.push(performance.now());
    if (asked.length > 1) return route.continue();
    const headers = { "Retry-After": String(RETRY_AFTER), "Content-Type": "application/json" };
    await route.fulfill({ status: 503, headers, body: '{"code":"busy"}' });
  });
  await address.fill("Thửa ở thôn Tà Đồ");
  await page.locator("[data-save-state][data-state=failed]").waitFor();
  // Ten letters, and the field left after each: leaving a field saves at once otherwise.
  for (const letter of "1234567890") {
    await address.fill(`Thửa ở thôn Tà Đồ ${letter}`);
    await address.dispatchEvent("change");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await page.locator("[data-save-state][data-state=saved]").waitFor({ timeout: 15_000 });
  assert.equal(asked.length, 2, "one request for ten letters");
  // A quarter less is the jitter.
  assert.ok(asked[1] - asked[0] >= RETRY_AFTER * 0.75 * 1000 - 50, `asked again after ${asked[1] - asked[0]} ms`);
  await page.reload();
  assert.equal(await address.inputValue(), "Thửa ở thôn Tà Đồ 0");
  await person.leave();
});

test("annual, without JavaScript: the same ground, by buttons", async () => {
  const person = await signedIn("kk.giamdoc", { scripts: false });
  const home = await begin(person);
  await person.go(`${home}/ii-1-1`);
  await person.answer({ have: "co", "e0.address": "Thửa thứ nhất" });
  await person.press("Lưu và quay lại sau");
  await person.go(`${home}/ii-1-1`);
  const add = person.page.locator('button[name=viec][value=them]');
  await Promise.all([person.page.waitForEvent("load"), add.click()]);
  await person.answer({ "e1.address": "Thửa thứ hai" });
  await person.press("Lưu và quay lại sau");
  await person.go(`${home}/ii-1-1`);
  assert.equal(await person.page.locator('[name="e1.address"]').inputValue(), "Thửa thứ hai", "another entry was added");
  await Promise.all([person.page.waitForEvent("load"), person.page.locator('button[name=viec][value=xoa-1]').click()]);
  await person.go(`${home}/ii-1-1`);
  const second = person.page.locator('[name="e1.address"]');
  assert.ok((await second.count()) === 0 || (await second.inputValue()) === "", "and removed");

  // The pages are the same as with scripts, where each was looked at; here, one of every shape.
  const shapes = ["i-1", "i-2", "ii-1-1", "ii-10", "iii"];
  await fillAll(person, home, async (slug) => shapes.includes(slug) && person.look(`khong-js-${slug}`));
  const sent = await send(person, home);
  await looksAtWhatWasSent(person, sent, "khong-js");
  await person.leave();
});

test("first declaration: no income, no changes", async () => {
  const person = await signedIn("kk.hai");
  const home = await begin(person);
  const hrefs = await person.page.locator(`main a[href^="${home}/"]`).evaluateAll((links) => links.map((a) => a.getAttribute("href")));
  assert.ok(!hrefs.some((href) => /\/(ii-10|iii)$/.test(href)), "a first declaration asks for neither");
  await person.look("danh-sach-muc-lan-dau");
  await person.leave();
});

test("what one declarant sent does not exist for another", async () => {
  const sender = await signedIn("kk.mot");
  await sender.go("/ke-khai");
  const sent = await sender.page.locator('main a[href^="/ke-khai/ban/"]').first().getAttribute("href");
  const stranger = (await signedIn("kk.hai")).expect(404);
  const answer = await stranger.page.goto(new URL(sent, service).href);
  assert.equal(answer.status(), 404);
  await stranger.look("khong-tim-thay");
  await Promise.all([sender.leave(), stranger.leave()]);
});
