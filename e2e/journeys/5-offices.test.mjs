// The unit receives, the centre counts, the agency manages accounts, the auditor reads the log.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { closeBrowser, openBrowser, signedIn } from "../lib/person.mjs";

before(openBrowser);
after(closeBrowser);

test("a unit officer sees the unit's people of both agencies, reads a declaration and receives it", async () => {
  const person = (await signedIn("qn.sotc")).expect(422);
  await person.go("/don-vi");
  const board = await person.text();
  assert.match(board, /Thanh tra Chính phủ/);
  assert.match(board, /Thanh tra tỉnh Quảng Ngãi/);
  await person.look("don-vi");
  const receive = await person.page.locator('main a[href$="/tiep-nhan"]').first().getAttribute("href");
  await person.go(receive.replace(/\/tiep-nhan$/, ""));
  await person.look("don-vi-ban");
  await person.go(receive);
  const today = await person.page.inputValue("#day");
  assert.match(today, /^\d\d\/\d\d\/2025$/, "the day of the practice world is offered");
  await person.answer({ name: "", position: "Chuyên viên Văn phòng", day: "32/13/2025" });
  await person.press("Tiếp nhận");
  assert.equal(await person.page.inputValue("#day"), "32/13/2025", "a wrong day is kept and shown");
  await person.look("don-vi-tiep-nhan-loi");
  await person.answer({ name: "Đoàn Thị Thu Hà", position: "Chuyên viên Văn phòng", day: today });
  await person.press("Tiếp nhận");
  assert.match(await person.text(), /Bàn giao cho cơ quan kiểm soát chậm nhất ngày/, "the twenty days run");
  await person.look("don-vi-da-tiep-nhan");
  await person.leave();
});

test("the other unit's officer cannot open this unit's declaration", async () => {
  const owner = await signedIn("qn.sotc");
  await owner.go("/don-vi");
  const record = await owner.page.locator('main a[href^="/don-vi/ban/"]').first().getAttribute("href");
  const stranger = (await signedIn("qn.soct")).expect(404);
  await stranger.go(record);
  assert.match(await stranger.heading(), /Không tìm thấy/);
  await Promise.all([owner.leave(), stranger.leave()]);
});

test("the centre states a purpose, sees the nation's figures and takes them as Excel", async () => {
  const person = (await signedIn("trunguong")).expect(422);
  assert.match(person.page.url(), /\/muc-dich|\/toan-quoc/);
  await person.go("/muc-dich");
  await person.press("Mở số liệu");
  assert.ok((await person.page.locator("#purpose-error").count()) === 1, "no figures without a purpose");
  await person.look("muc-dich");
  await person.page.locator("[name=purpose]").first().check();
  await person.press("Mở số liệu");
  assert.match(person.page.url(), /\/toan-quoc/);
  const figures = await person.page.locator(".mb-figure dd").allInnerTexts();
  const labels = await person.page.locator(".mb-figure dt").allInnerTexts();
  assert.deepEqual(labels, ["Phải kê khai", "Đã kê khai", "Bản giấy", "Trực tuyến", "Bản giấy chờ ghi nhận", "Đã số hóa"], "sample scans wait to be checked");
  assert.equal(figures.length, labels.length);
  assert.ok(figures.every((figure) => /^[\d.]+$/.test(figure)), figures.join(", "));
  assert.ok(Number(figures[0].replace(".", "")) >= 60, "sixty are obliged");
  await person.look("toan-quoc");
  const excel = await person.page.getByRole("link", { name: "Tải bảng Excel" }).getAttribute("href");
  const { bytes } = await person.download(excel);
  assert.equal(bytes.subarray(0, 2).toString(), "PK", "a workbook");
  await person.leave();
});

test("an agency's administrator sees progress and accounts", async () => {
  const person = await signedIn("qn.quantri");
  await person.go("/tong-hop");
  await person.look("tong-hop");
  await person.go("/tai-khoan");
  await person.look("tai-khoan");
  await person.leave();
});

test("the auditor reads the log, its checkpoint and key", async () => {
  const person = await signedIn("qn.kiemtoan");
  await person.go("/nhat-ky");
  assert.match(await person.text(), /Nhật ký có [\d.]+ lá/);
  await person.look("nhat-ky");
  const { bytes } = await person.download("/nhat-ky/diem-niem-phong");
  assert.match(bytes.toString(), /^minhbach\//m);
  await person.leave();
});

test("nobody opens what belongs to another role", async () => {
  const person = (await signedIn("kk.hai")).expect(403, 404);
  for (const path of ["/don-vi", "/tiep-nhan", "/tong-hop", "/toan-quoc", "/nhat-ky", "/tai-khoan"]) {
    const answer = await person.page.goto(new URL(path, person.page.url()).href);
    assert.ok([403, 404].includes(answer.status()) || /\/(ke-khai|muc-dich)$/.test(person.page.url()), `${path} answered ${answer.status()}`);
  }
  await person.look("khong-thuoc-quyen");
  await person.leave();
});
