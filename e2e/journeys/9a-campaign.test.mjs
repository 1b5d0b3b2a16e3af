// The unit follows up who is late and keeps its logbook; the agency plans the year and sees every unit.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { closeBrowser, openBrowser, signedIn } from "../lib/person.mjs";

before(openBrowser);
after(closeBrowser);

test("the agency plans the year; a date after the law's is refused with its article and stays typed", async () => {
  const agency = (await signedIn("qn.tiepnhan", { scripts: false })).expect(422);
  await agency.go("/dot-ke-khai?nam=2025");
  await agency.look("dot-ke-khai");
  await agency.answer({ so: "9/KH-TTT", day: "28/11/2025", "danh-sach": "09/12/2025", "ke-khai": "05/01/2026", "ban-giao": "16/01/2026" });
  await agency.press("Ghi kế hoạch");
  assert.match(await agency.text(), /khoản 3 Điều 36/);
  assert.equal(await agency.page.inputValue("#ke-khai"), "05/01/2026", "what was typed stays");
  await agency.look("dot-ke-khai-loi");
  await agency.answer({ "ke-khai": "15/12/2025" });
  await agency.press("Ghi kế hoạch");
  assert.match(await agency.text(), /số 9\/KH-TTT ngày 28\/11\/2025 \(phiên bản 1\)/);
  await agency.look("dot-ke-khai-da-ghi");
  const [file] = await Promise.all([
    agency.page.waitForEvent("download"),
    agency.page.getByRole("link", { name: "Tải bảng Excel" }).click(),
  ]);
  assert.equal(file.suggestedFilename(), "thuc-hanh-dot-ke-khai-2025.xlsx");
  await agency.follow("Sở Công Thương tỉnh Quảng Ngãi");
  await agency.look("dot-ke-khai-don-vi");
  await agency.leave();
});

test("who is late is reminded in writing, the letter is delivered, and the logbook shows it", async () => {
  const unit = (await signedIn("qn.soct")).expect(422);
  await unit.go("/don-vi/danh-sach/them");
  await unit.answer({ name: "Võ Văn Trễ", dob: "05/02/1980", position: "Chuyên viên", ground: "CIVIL_SERVANT", in_post_since: "03/11/2025" });
  await unit.press("Ghi vào danh sách");
  await unit.go("/don-vi?nam=2025");
  assert.match(await unit.text(), /Kế hoạch số 9\/KH-TTT[\s\S]*chưa kê khai, đã quá hạn/);
  await unit.look("don-vi-qua-han");
  await unit.follow("chưa kê khai, đã quá hạn");
  assert.match(await unit.text(), /Võ Văn Trễ[\s\S]*quá hạn/);
  await unit.look("don-doc");
  await unit.answer({ so: "mười hai" });
  await unit.press("Đôn đốc lần 1");
  assert.equal(await unit.page.inputValue("#so"), "mười hai", "what was typed stays");
  await unit.look("don-doc-loi");
  await unit.answer({ so: "12/SCT-VP", name: "Trần Văn Ký", position: "Phó Giám đốc" });
  await unit.press("Đôn đốc lần 1");
  assert.match(await unit.text(), /Công văn đôn đốc lần 1 số 12\/SCT-VP[\s\S]*Võ Văn Trễ/);
  await unit.look("don-doc-cong-van");
  const letters = await unit.download(`${new URL(unit.page.url()).pathname}/cong-van.pdf`);
  assert.equal(letters.type, "application/pdf");
  await unit.page.getByLabel("Giao tận tay").check();
  await unit.press("Ghi đã giao, gửi");
  assert.match(await unit.text(), /Giao tận tay, \d\d\/12\/2025/);
  await unit.look("don-doc-da-giao");
  await unit.go("/don-vi/don-doc");
  assert.match(await unit.text(), /Lần 1: số 12\/SCT-VP[\s\S]*đã giao, gửi/);
  await unit.look("don-doc-dang-cho");
  await unit.leave();

  const log = await signedIn("qn.soct", { scripts: false });
  await log.go("/don-vi/so-theo-doi?nam=2025");
  await log.look("so-theo-doi");
  await log.page.locator(".mb-work__link", { hasText: "Quá hạn, chưa nộp" }).click();
  assert.match(await log.text(), /Quá hạn, chưa nộp: 1[\s\S]*Võ Văn Trễ[\s\S]*Lần 1: 12\/SCT-VP/);
  await log.look("so-theo-doi-qua-han");
  const sheet = await log.download("/don-vi/so-theo-doi/excel?nam=2025");
  assert.match(sheet.type, /spreadsheetml/);
  await log.go("/don-vi/thong-bao");
  await log.look("thong-bao");
  await log.leave();
});
