// An intake officer hands in scans, sees them received at once, follows recognition, reviews, accepts; with scripts,
// without them, and with the keyboard alone.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { sample, upload } from "../lib/files.mjs";
import { answerWho, openReview, paperNamed } from "../lib/papers.mjs";
import { closeBrowser, openBrowser, signedIn } from "../lib/person.mjs";

const scan = sample("012-clean.pdf");

before(openBrowser);
after(closeBrowser);

async function handIn(person, files) {
  await person.page.setInputFiles("input[type=file]", files);
  await person.press("Tiếp nhận");
  return person.text();
}

test("a scan is received at once; a duplicate is said to be one", async () => {
  const person = (await signedIn("dn.tiepnhan")).expect(422);
  await person.look("tiep-nhan");
  await person.press("Tiếp nhận");
  assert.match(await person.text(), /Chưa chọn tệp nào/);
  await person.look("tiep-nhan-chua-chon");
  assert.match(await handIn(person, [upload("nguyen-van-a.pdf", scan)]), /nguyen-van-a\.pdf: Đã lưu bản gốc/);
  await person.look("tiep-nhan-vua-tai");
  await person.go("/tiep-nhan");
  assert.match(await handIn(person, [upload("ban-sao.pdf", scan)]), /ban-sao\.pdf: Bản trùng/);
  await person.leave();
});

test("progress, review with the box in focus, correction, acceptance", async () => {
  const person = await signedIn("dn.tiepnhan");
  await person.go(await paperNamed(person, "nguyen-van-a.pdf"));
  await person.look("tien-do");
  await openReview(person, "nguyen-van-a.pdf");
  const sheet = person.page.locator(".mb-sheet img").first();
  await sheet.evaluate((image) => image.complete || new Promise((done) => (image.onload = done)));
  assert.ok(await sheet.evaluate((image) => image.naturalWidth > 100), "the page image is shown");
  const name = person.page.locator('[name="declarant.full_name"]');
  await name.focus();
  const lit = await person.page.locator("rect.is-focused").first().getAttribute("data-field");
  assert.equal(lit, "declarant.full_name", "the box of the field in focus is lit");
  await person.look("doi-chieu");

  await name.fill("Nguyễn Thị Kiểm Tra");
  await person.press("Lưu, đối chiếu tiếp");
  assert.equal(await name.inputValue(), "Nguyễn Thị Kiểm Tra", "the correction stands");
  await person.press("Ghi nhận");
  await person.look("ghi-nhan");
  await answerWho(person, "Đồng Nai");
  await person.press("Ghi nhận");
  assert.match(person.page.url(), /\/(ban-ke-khai|tiep-nhan)\//);
  await person.look("da-ghi-nhan");
  await person.go("/ban-ke-khai");
  assert.match(await person.text(), /Nguyễn Thị Kiểm Tra/);
  await person.look("ban-ke-khai");
  await person.follow("Nguyễn Thị Kiểm Tra");
  await person.look("ban-ke-khai-mot");
  await person.leave();
});

test("the whole way without JavaScript", async () => {
  const person = (await signedIn("qn.tiepnhan", { scripts: false })).expect(409, 422);
  await openReview(person, "to-khai-3.pdf");
  await person.look("khong-js-doi-chieu");
  // A wrong amount is kept as typed and said to be wrong; a right one goes through.
  const amount = person.page.locator(".govuk-input--money").first();
  const [field, before] = [await amount.getAttribute("name"), await amount.inputValue()];
  await amount.fill("hai tỷ rưỡi");
  await person.press("Lưu, đối chiếu tiếp");
  assert.equal(await person.page.locator(`[name="${field}"]`).inputValue(), "hai tỷ rưỡi");
  assert.match(await person.text(), /Có 1 nội dung ghi chưa đúng dạng/);
  const link = person.page.locator(".govuk-error-summary__list a");
  assert.equal(await link.count(), 1, "a long form: the fault is told on top");
  assert.equal(await link.getAttribute("href"), `#${field}`, "and leads to its box");
  await person.look("khong-js-doi-chieu-loi");
  await person.page.locator(`[name="${field}"]`).fill(before);
  await person.press("Lưu, đối chiếu tiếp");
  assert.doesNotMatch(await person.text(), /ghi chưa đúng dạng/);
  await person.press("Ghi nhận");
  await person.look("khong-js-ghi-nhan");
  await answerWho(person, "Sở Công Thương");
  await person.press("Ghi nhận");
  assert.match(person.page.url(), /\/ban-ke-khai\//);
  await person.look("khong-js-da-ghi-nhan");
  await person.leave();
});

test("the review screen with the keyboard alone", async () => {
  const person = await signedIn("qn.tiepnhan");
  const { page } = person;
  await openReview(person, "to-khai-1.pdf");
  await page.locator("h1").click(); // where a reader's own Tab begins
  await person.tabTo(".mb-review__page");
  await page.keyboard.press("End");
  await page.waitForFunction(() => {
    const pane = document.querySelector(".mb-review__page");
    return pane.scrollTop > 0 && pane.scrollTop + pane.clientHeight >= pane.scrollHeight - 2;
  });
  await person.tabTo('[name="declarant.full_name"]');
  assert.equal(await page.locator("rect.is-focused").first().getAttribute("data-field"), "declarant.full_name");

  const doubtful = await page.locator("[data-doubtful]").count();
  assert.ok(doubtful > 0, "this scan leaves something to check");
  await page.keyboard.press("F8");
  const inDoubt = () => page.evaluate(() => Boolean(document.activeElement.closest("[data-doubtful]")));
  assert.ok(await inDoubt(), "F8 goes to what is in doubt");
  await page.keyboard.press("Shift+F8");
  assert.ok(await inDoubt());

  await page.keyboard.press("F8");
  const field = await page.evaluate(() => document.activeElement.name);
  const box = page.locator(`[name="${field}"]`);
  if ((await box.evaluate((e) => e.tagName)) === "SELECT") await page.keyboard.press("ArrowDown");
  else await page.keyboard.press("End"), await page.keyboard.type(" 1");
  const typed = await box.inputValue();
  await page.locator('[name="declarant.full_name"]').focus();
  await person.key("Enter");
  assert.match(await person.text(), /Đã lưu nội dung đối chiếu/, "Enter saves");
  // A sum comes back in groups of three.
  const bare = (text) => text.replace(/[\s.]/g, "");
  assert.equal(bare(await box.inputValue()), bare(typed));
  assert.ok((await page.locator("[data-doubtful]").count()) < doubtful, "what was checked is no longer in doubt");

  await page.locator('[name="declarant.full_name"]').focus();
  await person.tabTo('button[name=act][value=accept]', { most: 600 });
  await person.key("Enter");
  assert.equal(await person.heading(), "Ghi nhận bản kê khai");
  await person.tabTo('a[href^="/tiep-nhan/"]');
  await person.key("Enter");
  assert.match(await person.heading(), /^Đối chiếu bản quét/);
  await person.leave();
});

test("another agency does not see the paper", async () => {
  const officer = await signedIn("dn.tiepnhan");
  await officer.go("/ban-ke-khai");
  const record = await officer.page.locator('main table a[href^="/ban-ke-khai/"]').first().getAttribute("href");
  const stranger = (await signedIn("qn.tiepnhan")).expect(404);
  await stranger.go(record);
  assert.match(await stranger.heading(), /Không tìm thấy/);
  await Promise.all([officer.leave(), stranger.leave()]);
});
