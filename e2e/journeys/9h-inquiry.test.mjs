// The agency asks a unit and a declarant for information (article 31): a term shorter than the law's is refused and nothing
// typed is lost; the unit answers with a file and is asked for more; the declarant asks for time, is kept to it, answers, and
// the request is closed. Neither sees what the other is asked. The declarant's request is the practice world's.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { pdf, upload } from "../lib/files.mjs";
import { closeBrowser, openBrowser, signedIn } from "../lib/person.mjs";

before(openBrowser);
after(closeBrowser);

const INFORMATION = "Hồ sơ mua sắm xe ô tô của đơn vị trong năm.";
const SIGNED = { signatory: "TEAM_LEADER", name: "Đinh Quốc Thắng", position: "Phó Chánh Thanh tra" };

async function theRequest(person, home, number) {
  await person.go(home);
  await person.page.locator("main").getByRole("link", { name: new RegExp(number) }).first().click();
  await person.page.waitForLoadState();
  assert.match(await person.heading(), new RegExp(number));
}

test("a unit is asked, answers with a file and is asked for more, without JavaScript", async () => {
  const agency = (await signedIn("qn.tiepnhan", { scripts: false })).expect(422).expect(409);
  await agency.go("/yeu-cau-thong-tin");
  await agency.look("yeu-cau-danh-sach");
  await agency.follow("Lập yêu cầu");
  await agency.look("yeu-cau-chon-don-vi");
  await agency.page.selectOption('[name="don-vi"]', { label: "Sở Công Thương tỉnh Quảng Ngãi" });
  await agency.press("Chọn đơn vị");
  await agency.look("yeu-cau-moi");
  const due = await agency.page.inputValue('[name="due_on"]');
  const day = await agency.page.inputValue('[name="issued_on"]');
  await agency.answer({
    asked: "UNIT", document_no: "31/TTT-NV2", due_on: day, purpose: "Phục vụ xác minh tài sản, thu nhập.", information: INFORMATION, ...SIGNED,
  });
  await agency.press("Gửi yêu cầu");
  assert.match(await agency.text(), /sớm hơn thời hạn của pháp luật/);
  assert.equal(await agency.page.inputValue('[name="information"]'), INFORMATION, "what was typed stays");
  await agency.look("yeu-cau-moi-loi");
  await agency.answer({ due_on: due });
  await agency.press("Gửi yêu cầu");
  assert.match(await agency.heading(), /31\/TTT-NV2/);
  assert.match(await agency.text(), /Chưa mở trên hệ thống/);
  await agency.look("yeu-cau-da-gui");
  const here = new URL(agency.page.url()).pathname;
  const letter = await agency.download(`${here}/van-ban.pdf`);
  assert.equal(letter.bytes.subarray(0, 5).toString(), "%PDF-");

  const unit = (await signedIn("qn.soct", { scripts: false })).expect(422).expect(409);
  await unit.go("/don-vi");
  assert.match(await unit.text(), /yêu cầu cung cấp thông tin chờ trả lời/);
  await unit.go("/don-vi/yeu-cau-thong-tin");
  assert.doesNotMatch(await unit.text(), /22\/TTT-NV2/, "what is asked of a person is not the unit's");
  await unit.look("yeu-cau-don-vi");
  await theRequest(unit, "/don-vi/yeu-cau-thong-tin", "31/TTT-NV2");
  assert.match(await unit.text(), /05 ngày làm việc, Điều 7/);
  await unit.look("yeu-cau-don-vi-mot");
  await unit.answer({ way: "PROVIDE", text: "Đơn vị đã mua 01 xe; hồ sơ kèm theo." });
  await unit.page.setInputFiles('[name="tep"]', upload("ho-so.docx", Buffer.from("PK\x03\x04", "latin1"), "application/zip"));
  await unit.press("Gửi trả lời");
  assert.match(await unit.text(), /không phải là PDF/);
  assert.equal(await unit.page.inputValue('[name="text"]'), "Đơn vị đã mua 01 xe; hồ sơ kèm theo.");
  await unit.look("yeu-cau-tra-loi-loi");
  await unit.page.setInputFiles('[name="tep"]', upload("hồ sơ.pdf", pdf(1)));
  await unit.press("Gửi trả lời");
  assert.match(await unit.text(), /Đã trả lời[\s\S]*hồ sơ\.pdf/);
  await unit.look("yeu-cau-da-tra-loi");

  await agency.go(here);
  await agency.look("yeu-cau-co-tra-loi");
  await agency.follow("Yêu cầu cung cấp thông tin bổ sung");
  await agency.look("yeu-cau-bo-sung");
  await agency.answer({ document_no: "32/TTT-NV2", purpose: "Phục vụ xác minh.", information: "Hóa đơn mua xe.", ...SIGNED });
  await agency.press("Gửi yêu cầu");
  assert.match(await agency.text(), /Yêu cầu bổ sung đối với\s+yêu cầu số 31\/TTT-NV2/);
  await agency.answer({ withdraw_reason: "Đã có hóa đơn từ cơ quan thuế." });
  await agency.press("Rút yêu cầu");
  assert.match(await agency.text(), /Đã rút/);
  await agency.look("yeu-cau-da-rut");
  await Promise.all([agency.leave(), unit.leave()]);
});

test("a declarant asks for time, is kept to it, answers, and the request is closed", async () => {
  const declarant = (await signedIn("kk.ba")).expect(422);
  await declarant.go("/ke-khai");
  assert.doesNotMatch(await declarant.text(), /21\/TTT-NV2/, "what is asked of the unit is not the person's");
  await declarant.look("ke-khai-co-yeu-cau");
  await theRequest(declarant, "/ke-khai", "22/TTT-NV2");
  await declarant.look("yeu-cau-nguoi-ke-khai");
  await declarant.answer({ way: "PLEAD", text: "Ngân hàng hẹn cấp sao kê vào tuần sau." });
  await declarant.press("Gửi trả lời");
  assert.match(await declarant.text(), /Đề nghị xem xét/);

  const agency = (await signedIn("qn.tiepnhan")).expect(422).expect(409);
  await agency.go("/yeu-cau-thong-tin?trang-thai=PLEADED");
  await agency.look("yeu-cau-loc");
  await theRequest(agency, "/yeu-cau-thong-tin", "22/TTT-NV2");
  await agency.press("Giữ yêu cầu");
  await agency.look("yeu-cau-giu-loi");
  const hint = await agency.page.locator("#due_on-hint").innerText();
  const least = hint.match(/\d\d\/\d\d\/\d{4}/)[0];
  await agency.answer({ due_on: least, keep_reason: "Cơ quan kiểm soát chờ sao kê." });
  await agency.press("Giữ yêu cầu");
  assert.match(await agency.text(), /Giữ yêu cầu, ấn định hạn/);
  await declarant.page.reload();
  assert.match(await declarant.text(), /Cơ quan kiểm soát chờ sao kê/);
  await declarant.answer({ way: "PROVIDE", text: "Tiền lương tích lũy; sao kê kèm theo." });
  await declarant.page.setInputFiles('[name="tep"]', upload("sao kê.pdf", pdf(1)));
  await declarant.press("Gửi trả lời");
  await declarant.look("yeu-cau-nguoi-da-tra-loi");
  await agency.page.reload();
  await agency.press("Thông tin đã đủ, kết thúc yêu cầu");
  assert.match(await agency.text(), /Đã kết thúc/);
  await agency.look("yeu-cau-da-ket-thuc");
  await Promise.all([agency.leave(), declarant.leave()]);
});
