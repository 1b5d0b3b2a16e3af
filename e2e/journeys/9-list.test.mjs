// The unit's officer keeps the list of obliged persons, by hand and by Excel, and opens the year.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { closeBrowser, openBrowser, signedIn } from "../lib/person.mjs";

before(openBrowser);
after(closeBrowser);

test("an officer adds a person, who stands with ground, article and agency; a wrong line keeps what was typed", async () => {
  const person = (await signedIn("qn.soct")).expect(422);
  await person.go("/don-vi/danh-sach");
  await person.look("danh-sach");
  await person.follow("Thêm người");
  await person.answer({ name: "Hồ Thị Mận", dob: "31/02/1985", position: "Chuyên viên" });
  await person.press("Ghi vào danh sách");
  assert.equal(await person.page.inputValue("#dob"), "31/02/1985", "what was typed stays");
  assert.match(await person.text(), /Chưa ghi căn cứ phải kê khai/);
  await person.look("danh-sach-them-loi");
  await person.answer({ dob: "28/02/1985", ground: "CIVIL_SERVANT", in_post_since: "01/12/2025" });
  await person.press("Ghi vào danh sách");
  assert.match(await person.text(), /Hồ Thị Mận[\s\S]*khoản 1 Điều 34/);
  await person.leave();
});

test("the list goes out as Excel and comes back without a change; the year is opened without JavaScript", async () => {
  const person = await signedIn("qn.soct", { scripts: false });
  await person.go("/don-vi/danh-sach");
  const [file] = await Promise.all([
    person.page.waitForEvent("download"),
    person.page.getByRole("link", { name: "Tải Excel" }).click(),
  ]);
  const sheet = { name: "danh-sach.xlsx", mimeType: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", buffer: readFileSync(await file.path()) };
  await person.page.setInputFiles("#sheet", sheet);
  await person.press("Nhập");
  assert.match(await person.text(), /Thêm mới 0 người, sửa 0,/);
  await person.look("danh-sach-da-nhap");
  await person.go("/don-vi/danh-sach/mo-dot");
  await person.look("danh-sach-mo-dot");
  await person.press("Mở đợt kê khai");
  assert.match(await person.text(), /Đã được giao từ trước: 4/);
  await person.look("danh-sach-da-mo");
  await person.leave();
});

test("what was received is handed over as one batch; the agency counts it and finds one missing", async () => {
  const unit = (await signedIn("qn.sotc")).expect(422);
  await unit.go("/don-vi/ban-giao");
  await unit.look("ban-giao");
  const day = await unit.page.inputValue("#day");
  await unit.answer({ day: "31/02/2025" });
  await unit.press("Bàn giao");
  assert.equal(await unit.page.inputValue("#day"), "31/02/2025", "what was typed stays");
  await unit.answer({ day });
  await unit.press("Bàn giao");
  assert.match(await unit.text(), /Biên bản bàn giao số/);
  await unit.look("ban-giao-bien-ban");
  const agency = (await signedIn("qn.tiepnhan", { scripts: false })).expect(422);
  await agency.go("/ban-giao");
  await agency.look("nhan-ban-giao");
  const batch = await agency.page.locator('main a[href^="/ban-giao/"]').first().getAttribute("href");
  await agency.go(batch);
  await agency.look("nhan-ban-giao-kiem-dem");
  await agency.page.locator('[value="thieu"]').first().check();
  await agency.press("Nhận bàn giao");
  assert.match(await agency.text(), /nội dung cần sửa/, "a missing one wants a reason");
  await agency.page.locator('[name^="ly-do."]').first().fill("Thiếu trang 2");
  await agency.press("Nhận bàn giao");
  assert.match(await agency.text(), /Thiếu trang 2/);
  await agency.look("nhan-ban-giao-xong");
  await unit.go("/don-vi/ban-giao");
  assert.match(await unit.text(), /Chờ bàn giao|Hạn bàn giao/, "the missing one waits again");
  await Promise.all([unit.leave(), agency.leave()]);
});
