// After receipt the declarant proposes to correct what they declared; the competent person approves one difference and refuses
// another; the agency decides once the copy was handed over (Quyết định 390/QĐ-TTg). Stands on journeys 8 and 9c, in which
// kk.bon's declaration was sent and received.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { closeBrowser, openBrowser, signedIn } from "../lib/person.mjs";

before(openBrowser);
after(closeBrowser);

const WHY = "Ghi nhầm số nhà và chức vụ; căn cứ sổ hộ khẩu và quyết định bổ nhiệm ngày 01/12/2025.";

/** Opens the received declaration and begins a correction; the address of its task list. */
async function begin(declarant, id) {
  await declarant.go(`/ke-khai/ban/${id}`);
  await declarant.press("Đề nghị sửa đổi");
  return new URL(declarant.page.url()).pathname;
}

/** Writes into the first section. */
async function write(declarant, home, answers) {
  await declarant.go(`${home}/i-1`);
  await declarant.answer(answers);
  await declarant.press("Lưu và tiếp tục");
}

/** Reads the differences, explains, proposes; the proposal's address. */
async function propose(declarant, home) {
  await declarant.go(`${home}/kiem-tra`);
  const unsaid = declarant.page.locator("main textarea:not([name=giai-trinh])");
  for (const box of await unsaid.all()) if ((await box.inputValue()) === "") await box.fill("Đã đối chiếu với giấy tờ.");
  await declarant.answer({ "giai-trinh": WHY });
  await declarant.press("Gửi đề nghị sửa đổi");
  return new URL(declarant.page.url()).pathname;
}

for (const scripts of [false, true]) {
  test(`a correction is proposed, decided difference by difference, and kept, ${scripts ? "with" : "without"} JavaScript`, async () => {
    const look = async (person, name) => person.look(`sua-doi-${name}${scripts ? "" : "-khong-script"}`);
    const declarant = (await signedIn("kk.bon", { scripts })).expect(422);
    const unit = (await signedIn("qn.soct", { scripts })).expect(422);
    await declarant.go("/ke-khai");
    const id = (await declarant.page.locator('main a[href^="/ke-khai/ban/"]').first().getAttribute("href")).split("/")[3];
    await declarant.go(`/ke-khai/ban/${id}`);
    await look(declarant, "ban-ke-khai");
    const home = await begin(declarant, id);
    await look(declarant, "dang-soan");
    const floor = scripts ? "Tổ dân phố 6, phường Nghĩa Lộ, tỉnh Quảng Ngãi" : "Tổ dân phố 5, phường Nghĩa Lộ, tỉnh Quảng Ngãi";
    const post = scripts ? "Trưởng phòng Kế hoạch" : "Phó Trưởng phòng Kế hoạch";
    await write(declarant, home, { "e0.residence": floor, "e0.position": post });
    await declarant.go(`${home}/kiem-tra`);
    assert.match(await declarant.text(), new RegExp(`→ ${floor}`));
    await declarant.press("Gửi đề nghị sửa đổi");
    assert.match(await declarant.text(), /Chưa ghi giải trình/);
    await look(declarant, "kiem-tra");
    const proposal = await propose(declarant, home);
    assert.match(proposal, /^\/ke-khai\/sua-doi\//);
    await look(declarant, "da-de-nghi");

    await unit.go("/don-vi");
    assert.match(await unit.text(), /Đề nghị sửa đổi chờ quyết định, hạn/);
    await look(unit, "don-vi-bang");
    await unit.go("/don-vi/ban-giao");
    assert.match(await unit.text(), /Có đề nghị sửa đổi/);
    await look(unit, "don-vi-ban-giao");
    await unit.go(proposal.replace("/ke-khai/", "/don-vi/"));
    assert.match(await unit.text(), new RegExp(WHY.slice(0, 30)));
    await unit.press("Ghi quyết định");
    assert.match(await unit.text(), /chưa chọn/);
    await unit.answer({ name: "Trần Văn Duyệt", position: "Giám đốc Sở", "kq.0": "duyet", "kq.1": "tu-choi" });
    await unit.answer({ "ly-do.1": "Chưa có giấy xác nhận nơi thường trú." });
    await look(unit, "don-vi-quyet-dinh");
    await unit.press("Ghi quyết định");
    assert.match(await unit.text(), /Được duyệt một phần/);
    await look(unit, "don-vi-da-quyet-dinh");
    await unit.go(`/don-vi/ban/${id}`);
    assert.match(await unit.text(), /Sửa đổi sau tiếp nhận[\s\S]*Lý do: Chưa có giấy xác nhận nơi thường trú/);
    await look(unit, "don-vi-ban-ke-khai");

    await declarant.go(proposal);
    assert.match(await declarant.text(), /Bị từ chối Lý do: Chưa có giấy xác nhận nơi thường trú/);
    await look(declarant, "da-quyet-dinh");
    await declarant.go(`/ke-khai/ban/${id}`);
    await look(declarant, "cac-ban");

    if (scripts) {
      // What was withdrawn is written on; after the hand-over the agency decides.
      const again = await begin(declarant, id);
      await write(declarant, again, { "e0.residence": "Tổ dân phố 7, phường Nghĩa Lộ, tỉnh Quảng Ngãi" });
      const first = await propose(declarant, again);
      await declarant.press("Rút đề nghị");
      assert.match(await declarant.text(), /Đã rút/);
      await begin(declarant, id);
      const second = await propose(declarant, again);
      assert.notEqual(second, first);
      await unit.go("/don-vi/ban-giao");
      await unit.press("Bàn giao");
      const agency = await signedIn("qn.tiepnhan");
      await agency.go("/ban-ke-khai");
      assert.match(await agency.text(), /Đề nghị sửa đổi chờ quyết định/);
      await look(agency, "co-quan-danh-sach");
      await agency.go(second.replace("/ke-khai/", "/ban-ke-khai/"));
      await agency.answer({ name: "Phạm Văn Thẩm", position: "Chánh Thanh tra tỉnh", "kq.0": "duyet" });
      await look(agency, "co-quan-quyet-dinh");
      await agency.press("Ghi quyết định");
      await agency.go(`/ban-ke-khai/${id}`);
      assert.match(await agency.text(), /Điểm khác so với bản trước[\s\S]*Tổ dân phố 7[\s\S]*cơ quan kiểm soát ghi/);
      await look(agency, "co-quan-ban-ke-khai");
      await agency.leave();
    }
    await Promise.all([unit.leave(), declarant.leave()]);
  });
}
