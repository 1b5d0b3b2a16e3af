// An intake officer hands in scans, sees them received at once, follows recognition, reviews, accepts.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { closeBrowser, openBrowser, signedIn } from "../lib/person.mjs";

const samples = join(dirname(fileURLToPath(import.meta.url)), "../../../shared/samples/paper");
const scan = readFileSync(join(samples, "dev-004-clean.pdf"));
const RECOGNITION_MS = 480_000;

before(openBrowser);
after(closeBrowser);

const upload = (person, files) => person.page.setInputFiles("input[type=file]", files);
const file = (name, buffer, mimeType = "application/pdf") => ({ name, mimeType, buffer });

test("several files: each is told what became of it; a duplicate is said to be one", async () => {
  const person = (await signedIn("qn.tiepnhan")).expect(413, 422);
  await person.look("tiep-nhan");
  await upload(person, [
    file("nguyen-van-a.pdf", scan),
    file("chuong-trinh.pdf", Buffer.from("MZ\x90\0 this is a program, not a paper")),
    file("rong.pdf", Buffer.alloc(0)),
  ]);
  await person.press("Tiếp nhận");
  const told = await person.text();
  for (const name of ["nguyen-van-a.pdf", "chuong-trinh.pdf", "rong.pdf"]) assert.ok(told.includes(name), `${name} is mentioned`);
  await person.look("tiep-nhan-vua-tai");
  await person.go("/tiep-nhan");
  await upload(person, [file("ban-sao.pdf", scan)]);
  await person.press("Tiếp nhận");
  assert.match(await person.text(), /trùng|đã được tiếp nhận|đã có/i, "the same bytes are said to be the same paper");
  await person.leave();
});

test("progress, review with the box in focus, correction, acceptance", async () => {
  const person = (await signedIn("qn.tiepnhan")).expect(404);
  await person.go("/tiep-nhan");
  const link = person.page.getByRole("link", { name: "nguyen-van-a.pdf" }).first();
  const paper = await link.getAttribute("href");
  await person.go(paper);
  await person.look("tien-do");
  const deadline = Date.now() + RECOGNITION_MS;
  while ((await person.page.locator(".mb-review").count()) === 0) {
    assert.ok(Date.now() < deadline, `not read in time: ${await person.text()}`);
    await new Promise((resolve) => setTimeout(resolve, 2000));
    await person.go(paper);
  }
  await person.page.locator(".mb-sheet img").first().evaluate((image) => image.complete || new Promise((done) => (image.onload = done)));
  assert.ok(await person.page.locator(".mb-sheet img").first().evaluate((image) => image.naturalWidth > 100), "the page image is shown");
  const name = person.page.locator('[name="declarant.full_name"]');
  await name.focus();
  const lit = await person.page.locator('rect[data-field="declarant.full_name"]').first().getAttribute("class");
  assert.ok(lit, "the box of the field in focus is lit");
  await person.look("doi-chieu");

  await name.fill("Nguyễn Thị Kiểm Tra");
  await person.press("Lưu, đối chiếu tiếp");
  assert.equal(await name.inputValue(), "Nguyễn Thị Kiểm Tra", "the correction stands");
  await person.press("Ghi nhận");
  await person.look("ghi-nhan");
  if ((await person.page.locator("#who-new").count()) > 0) {
    await person.answer({ who: "moi", rank: "BELOW_DIRECTOR" });
    const unit = await person.page.locator("#unit option").nth(1).getAttribute("value");
    await person.answer({ unit });
  }
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

test("another agency does not see the paper", async () => {
  const officer = await signedIn("qn.tiepnhan");
  await officer.go("/ban-ke-khai");
  const record = await officer.page.locator('main a[href^="/ban-ke-khai/"]').first().getAttribute("href");
  const stranger = (await signedIn("dn.tiepnhan")).expect(404);
  await stranger.go(record);
  assert.match(await stranger.heading(), /Không tìm thấy/);
  await Promise.all([officer.leave(), stranger.leave()]);
});
