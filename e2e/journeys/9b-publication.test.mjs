// What was handed over is published at the workplace: posted, taken down early, read at a meeting, closed with minutes.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { closeBrowser, openBrowser, signedIn } from "../lib/person.mjs";

before(openBrowser);
after(closeBrowser);

/** Hands over what waits, if journey 9 left something. */
async function handOver(person) {
  await person.go("/don-vi/ban-giao");
  if ((await person.page.locator('[name="ban"]').count()) > 0) await person.press("Bàn giao");
}

test("declarations handed over are posted; their place is asked for, the last day follows, minutes have to wait", async () => {
  const person = (await signedIn("qn.sotc")).expect(422);
  await handOver(person);
  await person.go("/don-vi/cong-khai");
  assert.match(await person.text(), /Hạn công khai/);
  await person.look("cong-khai");
  await person.follow("Niêm yết");
  await person.page.getByText("Bản kê khai của ai niêm yết ở đâu").click();
  assert.match(await person.text(), /Phòng, ban, đơn vị nơi người đó làm việc/);
  await person.look("niem-yet");
  await person.press("Niêm yết");
  assert.match(await person.text(), /Chưa ghi nơi công khai/);
  assert.ok((await person.page.locator('[name="ban"]:checked').count()) > 0, "what was ticked stays");
  await person.look("niem-yet-loi");
  await person.answer({ place: "Bảng tin tầng 1, trụ sở Sở Tài chính" });
  await person.press("Niêm yết");
  assert.match(await person.text(), /Đang niêm yết/);
  assert.match(await person.text(), /Niêm yết chưa đủ thời gian/);
  assert.equal(await person.page.getByRole("link", { name: "Lập biên bản", exact: true }).count(), 0);
  await person.look("niem-yet-dang-treo");
  const address = new URL(person.page.url()).pathname;
  for (const file of ["ban-ke-khai.pdf", "bien-ban.pdf"]) {
    const { bytes, type } = await person.download(`${address}/${file}`);
    assert.equal(type, "application/pdf");
    assert.equal(bytes.subarray(0, 5).toString(), "%PDF-");
  }
  await person.go("/don-vi");
  assert.match(await person.text(), /Đang niêm yết/);
  await person.look("cong-khai-bang-cua-don-vi");
  await person.leave();
});

test("a posting taken down early waits again and is read at a meeting that has its quorum, without JavaScript", async () => {
  const person = (await signedIn("qn.sotc", { scripts: false })).expect(422);
  await person.go("/don-vi/cong-khai");
  await person.follow("Xem Niêm yết");
  await person.follow("Gỡ sớm");
  await person.press("Gỡ niêm yết sớm");
  assert.match(await person.text(), /Chưa ghi lý do/);
  await person.look("go-niem-yet-loi");
  await person.answer({ reason: "Bảng tin phải sửa chữa" });
  await person.press("Gỡ niêm yết sớm");
  assert.match(await person.text(), /Đã dừng công khai/);
  await person.look("go-niem-yet-xong");

  const meeting = { place: "Phòng họp tầng 2", summoned: "30", chair_name: "Đoàn Thị Thu Hà", chair_position: "Phó Giám đốc", reading: "CHAIR", questions: "Ông Lê Văn Tám hỏi về thửa đất thứ hai.\nNgười kê khai trả lời: được thừa kế năm 2019." };
  await person.go("/don-vi/cong-khai/cuoc-hop");
  await person.look("cuoc-hop");
  await person.answer({ ...meeting, present: "19" });
  await person.press("Ghi cuộc họp");
  assert.match(await person.text(), /Không đủ thành phần/);
  assert.match(await person.text(), /thiếu 1 người/);
  await person.look("cuoc-hop-thieu-nguoi");
  await person.follow("Dừng công khai");
  await person.answer({ reason: "Không đủ hai phần ba số người được triệu tập" });
  await person.press("Dừng công khai");

  await person.go("/don-vi/cong-khai/cuoc-hop");
  await person.answer({ ...meeting, present: "20" });
  await person.press("Ghi cuộc họp");
  await person.follow("Lập biên bản");
  await person.press("Ghi biên bản");
  assert.match(await person.text(), /Chưa ghi họ tên đại diện công đoàn/);
  await person.look("bien-ban-cong-khai-loi");
  await person.answer({ union_name: "Phạm Văn Đoàn", union_position: "Chủ tịch Công đoàn cơ sở" });
  await person.press("Ghi biên bản");
  assert.match(await person.text(), /Biên bản công khai số 01\//);
  assert.match(await person.text(), /Đã công khai/);
  await person.look("bien-ban-cong-khai");
  await person.go("/don-vi/cong-khai");
  await person.look("cong-khai-da-ket-thuc");
  await person.leave();
});

test("the control agency sees how far its units are and reads the minutes", async () => {
  const person = await signedIn("qn.tiepnhan");
  await person.go("/cong-khai");
  assert.match(await person.text(), /Theo đơn vị, quá hạn nhiều nhất trước/);
  await person.look("cong-khai-co-quan");
  await person.page.locator('main a[href^="/cong-khai/"]').first().click();
  await person.page.waitForLoadState();
  assert.match(await person.text(), /Nơi công khai/);
  assert.equal(await person.page.getByRole("link", { name: "Lập biên bản" }).count(), 0);
  await person.look("cong-khai-co-quan-bien-ban");
  await person.leave();
});
