// What was typed survives a connection cut for ten minutes and a service killed under the hand, with JavaScript and without:
// nothing is typed again, and another device finds it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { begin } from "../lib/declaration.mjs";
import { closeBrowser, openBrowser, signedIn } from "../lib/person.mjs";

const control = process.env.MINHBACH_CONTROL;
const skip = !control && "the service is somebody else's";

before(openBrowser);
after(closeBrowser);

const RESIDENCE = '[name="e0.residence"]';
const SAVED = /Đã lưu lúc/;

async function order(act) {
  const answer = await fetch(`${control}/${act}`, { method: "POST" });
  assert.equal(answer.status, 200, await answer.text());
}

async function atTheDesk(options) {
  const person = await signedIn("kk.hai", options);
  const home = await begin(person);
  const section = `${home}/i-1`;
  await person.go(section);
  return { person, section };
}

/** What another device finds, without JavaScript: what is on record and nothing else. */
async function found(section) {
  const other = await signedIn("kk.hai", { scripts: false });
  await other.go(section);
  const text = await other.page.locator(RESIDENCE).inputValue();
  await other.leave();
  return text;
}

async function says(person, words) {
  await person.page.locator("[data-save-state]").filter({ hasText: words }).waitFor({ timeout: 60_000 });
}

/** What the browser itself says of requests that reach nobody is what the journey asks for. */
const UNREACHABLE = /ERR_INTERNET_DISCONNECTED|ERR_CONNECTION_(REFUSED|RESET)|ERR_EMPTY_RESPONSE/;

test("a connection cut for ten minutes: the page says so, keeps the text and sends it by itself", async () => {
  const { person, section } = await atTheDesk();
  person.forgive(UNREACHABLE);
  await person.page.clock.install();
  await person.page.reload();
  await person.context.setOffline(true);
  await person.answer({ "e0.residence": "Gõ khi vừa mất mạng" });
  await person.page.clock.runFor(2_000);
  await says(person, "mất kết nối");
  await person.look("mat-ket-noi");
  for (let minute = 1; minute <= 10; minute += 1) {
    await person.answer({ "e0.residence": `Gõ ở phút thứ ${minute}` });
    await person.page.clock.runFor(60_000);
    await says(person, "mất kết nối");
  }
  assert.notEqual(await found(section), "Gõ ở phút thứ 10", "nothing came through");
  await person.context.setOffline(false);
  await person.page.clock.runFor(45_000);
  await says(person, SAVED);
  assert.equal(await person.page.locator(RESIDENCE).inputValue(), "Gõ ở phút thứ 10");
  assert.equal(await found(section), "Gõ ở phút thứ 10");
  await person.leave();
});

test("a service killed under the hand, with JavaScript: the text waits on the page and is sent when it is back", { skip }, async () => {
  const { person, section } = await atTheDesk();
  person.forgive(UNREACHABLE);
  await person.answer({ "e0.residence": "Lưu trước khi máy chủ dừng" });
  await says(person, SAVED);
  await order("giet");
  await person.answer({ "e0.residence": "Gõ khi máy chủ đã dừng" });
  await says(person, "mất kết nối");
  await order("chay");
  await says(person, SAVED);
  assert.equal(await found(section), "Gõ khi máy chủ đã dừng");
  await person.leave();
});

test("a service killed under the hand, without JavaScript: what was sent before stands, and sending again is enough", { skip }, async () => {
  const { person, section } = await atTheDesk({ scripts: false });
  person.forgive(UNREACHABLE);
  await person.answer({ "e0.residence": "Đã bấm lưu trước khi dừng" });
  await person.press("Lưu và quay lại sau");
  await person.go(section);
  await person.answer({ "e0.residence": "Bấm lưu khi máy chủ đã dừng" });
  await order("giet");
  const button = person.page.getByRole("button", { name: "Lưu và quay lại sau" }).first();
  await button.click({ noWaitAfter: true });
  await person.page.waitForURL(/^chrome-error:/, { timeout: 30_000 }).catch(() => {});
  await order("chay");
  assert.equal(await found(section), "Đã bấm lưu trước khi dừng", "what was sent stands");
  // The browser's own "tải lại" sends the form once more; the session goes on.
  await person.page.reload();
  assert.equal(await found(section), "Bấm lưu khi máy chủ đã dừng");
  await person.leave();
});
