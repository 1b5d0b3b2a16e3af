// What was typed survives a stale form, an ended session, and two tabs.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { begin } from "../lib/declaration.mjs";
import { closeBrowser, openBrowser, signedIn } from "../lib/person.mjs";

before(openBrowser);
after(closeBrowser);

const RESIDENCE = '[name="e0.residence"]';

/** The address of a section of kk.hai's draft, opened without JavaScript so that only buttons save. */
async function atTheDesk(...statuses) {
  const person = (await signedIn("kk.hai", { scripts: false })).expect(...statuses);
  const home = await begin(person);
  return { person, section: `${home}/i-1` };
}

test("a stale token: the page comes back with what was typed", async () => {
  const { person, section } = await atTheDesk(409);
  await person.go(section);
  await person.answer({ "e0.residence": "Số 1 đường cũ" });
  await person.page.locator("main input[name=csrf]").evaluate((input) => (input.value = "c3RhbGU"));
  await person.press("Lưu và quay lại sau");
  assert.equal(await person.page.locator(RESIDENCE).inputValue(), "Số 1 đường cũ");
  await person.look("bieu-mau-cu");
  await person.press("Lưu và quay lại sau");
  await person.go(section);
  assert.equal(await person.page.locator(RESIDENCE).inputValue(), "Số 1 đường cũ", "the second press saves it");
  await person.leave();
});

test("an ended session: what was typed rides through signing in", async () => {
  const { person, section } = await atTheDesk(401);
  await person.go(section);
  await person.answer({ "e0.residence": "Số 2 đường mới" });
  await person.context.clearCookies();
  await person.press("Lưu và quay lại sau");
  await person.look("phien-da-het");
  await person.signIn("kk.hai");
  await person.look("mo-lai-noi-dung");
  await person.expect(409).press("Mở lại nội dung vừa nhập");
  assert.equal(await person.page.locator(RESIDENCE).inputValue(), "Số 2 đường mới");
  await person.press("Lưu và quay lại sau");
  await person.go(section);
  assert.equal(await person.page.locator(RESIDENCE).inputValue(), "Số 2 đường mới");
  await person.leave();
});

test("two tabs: the conflict is shown, both texts can be read, one is chosen, the other stays", async () => {
  const { person, section } = await atTheDesk(409);
  await person.go(section);
  const tab = await person.anotherTab();
  await tab.goto(person.page.url());
  await person.answer({ "e0.residence": "Nhà theo thẻ một" });
  await person.press("Lưu và quay lại sau");
  await person.answer({ "e0.residence": "Nhà theo thẻ hai" }, tab);
  await person.press("Lưu và quay lại sau", tab);
  await person.go(section);
  const shown = await person.text();
  assert.match(shown, /Nhà theo thẻ một/);
  assert.match(shown, /Nhà theo thẻ hai/);
  await person.look("hai-ban");
  await person.press("Dùng toàn bộ bản kia");
  await person.go(section);
  assert.equal(await person.page.locator(RESIDENCE).inputValue(), "Nhà theo thẻ hai");
  await person.go(`${section}/hai-ban`);
  assert.match(await person.text(), /Nhà theo thẻ một/, "the other text can still be read");
  await person.leave();
});

test("two devices: what one saves by itself after the other is kept beside it, and both are shown", async () => {
  const { person: desk, section } = await atTheDesk(409);
  const phone = (await signedIn("kk.hai")).expect(409);
  await desk.go(section);
  await phone.go(section);
  await desk.answer({ "e0.residence": "Nhà gõ trên máy bàn" });
  await desk.press("Lưu và quay lại sau");
  await phone.answer({ "e0.residence": "Nhà gõ trên điện thoại" });
  await phone.page.getByText("Cả hai bản đều được giữ").waitFor();
  assert.equal(await phone.page.locator(RESIDENCE).inputValue(), "Nhà gõ trên điện thoại", "the page keeps its text");
  await desk.go(section);
  const shown = await desk.text();
  assert.match(shown, /Nhà gõ trên máy bàn/);
  assert.match(shown, /Nhà gõ trên điện thoại/);
  await desk.press("Dùng toàn bộ bản kia");
  await desk.go(section);
  assert.equal(await desk.page.locator(RESIDENCE).inputValue(), "Nhà gõ trên điện thoại");
  await phone.leave();
  await desk.leave();
});
