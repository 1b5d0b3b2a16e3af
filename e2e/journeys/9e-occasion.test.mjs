// What is declared on an occasion: before an appointment the unit plans, and after a change in the year.
// Stands on journey 8, in which kk.bon sent the annual declaration of this year.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { send } from "../lib/declaration.mjs";
import { closeBrowser, openBrowser, signedIn } from "../lib/person.mjs";

before(openBrowser);
after(closeBrowser);

const QUESTIONS = ["gia-dinh", "dat", "nha", "gan-lien-dat", "vang", "tien", "co-phan", "xe-khac", "nuoc-ngoai"];
const at = (person) => new URL(person.page.url()).pathname.split("/").pop();
const home = (person) => new URL(person.page.url()).pathname.split("/").slice(0, 3).join("/");

async function sayWhatChanged(person, yes) {
  for (const code of QUESTIONS) await person.answer({ [`t.${code}`]: yes.includes(code) ? "co" : "khong" });
  await person.press("Lưu và tiếp tục");
}

test("the unit plans an appointment, and the declaration for it is made from the last one", async () => {
  const unit = (await signedIn("qn.soct")).expect(409, 422);
  const declarant = await signedIn("kk.bon", { scripts: false });
  await declarant.go("/ke-khai");
  const before = await declarant.text();
  assert.doesNotMatch(before, /phục vụ công tác cán bộ/);
  await unit.go("/don-vi/danh-sach");
  await unit.look("danh-sach-viec");
  // Which line is kk.bon's the list does not say: the same is planned for everyone.
  const rows = unit.page.locator("main tbody tr");
  let planned = 0;
  const hrefs = await rows.locator('a[href$="/dip"]').evaluateAll((links) => links.map((a) => a.getAttribute("href")));
  const soon = new Date(Date.now() + 30 * 86_400_000);
  const day = `${soon.getDate()}/${soon.getMonth() + 1}/${soon.getFullYear()}`;
  for (const [nth, one] of hrefs.entries()) {
    await unit.go(one);
    if (nth === 0) {
      await unit.answer({ viec: "APPOINTMENT", ngay: "31/02/2026" });
      await unit.press("Yêu cầu kê khai");
      assert.equal(await unit.page.inputValue("#ngay"), "31/02/2026", "what was typed stays");
      await unit.look("cong-tac-can-bo-loi");
    }
    await unit.answer({ viec: "APPOINTMENT", ngay: day });
    await unit.press("Yêu cầu kê khai");
    if (nth === 0) await unit.look("cong-tac-can-bo");
    // Who still owes a first declaration makes that one.
    if (/bổ nhiệm, dự kiến/.test(await unit.text())) planned += 1;
  }
  assert.ok(planned > 0, "somebody can be asked");

  await declarant.go("/ke-khai");
  assert.match(await declarant.text(), /phục vụ công tác cán bộ \(bổ nhiệm, dự kiến/);
  await declarant.look("ke-khai-cong-tac-can-bo");
  const line = declarant.page.locator("main tbody tr").filter({ hasText: "phục vụ công tác cán bộ" });
  await declarant.go(await line.locator('a[href^="/ke-khai/"]').first().getAttribute("href"));
  await declarant.press("Bắt đầu kê khai");
  const address = home(declarant);
  await sayWhatChanged(declarant, []);
  assert.equal(at(declarant), "ii-10");
  await declarant.answer({ "e0.declarant": "1.000.000", "e0.spouse": "0", "e0.children": "0", "e0.common": "0" });
  await declarant.press("Lưu và tiếp tục");
  await declarant.answer({ "t.INCOME.explanation": "Lương, phụ cấp: 1.000.000" });
  await declarant.press("Lưu và tiếp tục");
  await send(declarant, address);
  await declarant.look("cong-tac-can-bo-da-gui");
  await Promise.all([unit.leave(), declarant.leave()]);
});

for (const scripts of [true, false]) {
  test(`a change in the year, ${scripts ? "with" : "without"} JavaScript: refused beside the annual one, made for the year before`, async () => {
    const person = (await signedIn(scripts ? "kk.ba" : "kk.bon", { scripts })).expect(409, 422);
    const look = scripts ? (name) => person.look(`bo-sung-${name}`) : async () => {};
    await person.go("/ke-khai");
    await person.follow("Kê khai bổ sung");
    await look("mo");
    const years = await person.page.locator("[name=nam]").evaluateAll((boxes) => boxes.map((box) => box.value));
    await person.answer({ nam: years[0] });
    await person.press("Mở bản kê khai bổ sung");
    assert.match(await person.text(), /đã kê khai hằng năm|được ghi ở Phần III/);
    await look("tu-choi");
    await person.answer({ nam: years[1] });
    await person.press("Mở bản kê khai bổ sung");
    const address = home(person);
    await look("bat-dau");
    await person.press("Bắt đầu kê khai");
    await look("tu-lan-truoc");
    await sayWhatChanged(person, ["vang"]);
    assert.equal(at(person), "iii-4");
    await person.answer({ have: "co", "e0.name": "Vàng miếng SJC", "e0.quantity": "20 chỉ", "e0.value.kind": "PURCHASE", "e0.value.amount": "320.000.000" });
    await look("vang");
    await person.press("Lưu và tiếp tục");
    assert.equal(at(person), "ii", "the table comes last");
    assert.equal(await person.page.inputValue('[name="e0.quantity"]'), "+ 20 chỉ");
    await person.answer({
      "e0.explanation": "Mua từ tiền bán nhà tại thôn 3, xã Sơn Linh năm trước, theo hợp đồng công chứng: 320.000.000",
      "t.INCOME.value": "300.000.000", "t.INCOME.explanation": "Bán nhà: 300.000.000",
    });
    await look("bien-dong");
    await person.press("Lưu và tiếp tục");
    assert.match(await person.text(), /tăng 320\.000\.000 đồng, giảm 0 đồng/);
    const sent = await send(person, address, look);
    await look("da-gui");
    await person.go(sent);
    assert.match(await person.text(), /Vàng miếng SJC/);
    assert.doesNotMatch(await person.text(), /Chênh lệch cần làm rõ/);
    await look("ban");
    await person.leave();
  });
}

test("what was opened by mistake is taken back", async () => {
  const person = (await signedIn("kk.ba")).expect(409);
  await person.go("/ke-khai/bo-sung");
  const years = await person.page.locator("[name=nam]").evaluateAll((boxes) => boxes.map((box) => box.value));
  await person.answer({ nam: years[1] });
  await person.press("Mở bản kê khai bổ sung");
  await person.page.locator("details summary").filter({ hasText: "Mở nhầm" }).click();
  await person.press("Hủy việc kê khai bổ sung");
  assert.match(await person.text(), /lần 2[\s\S]*Đã hủy/);
  await person.look("bo-sung-da-thoi");
  await person.leave();
});

test("each asset over the years is drawn for its declarant, and the agency says which is which, without JavaScript", async () => {
  const person = await signedIn("kk.bon");
  await person.go("/ke-khai");
  await person.follow("Tài sản của tôi qua các lần kê khai");
  assert.match(await person.text(), /Vàng miếng SJC/);
  assert.equal(await person.page.locator("main form").count(), 0, "it is for reading");
  await person.look("tai-san-cua-toi");
  await person.leave();

  const officer = (await signedIn("qn.tiepnhan", { scripts: false })).expect(422);
  await officer.go("/ban-ke-khai");
  // The newest is the supplement sent just now.
  await officer.go(await officer.page.locator('main tbody a[href^="/ban-ke-khai/"]').first().getAttribute("href"));
  // What is to be cleared up is for the agency: more was bought than came in, and somebody else gave the same words.
  await officer.look("chenh-lech-can-lam-ro");
  assert.match(await officer.text(), /tài sản tăng 320\.000\.000 đồng[\s\S]*chênh 20\.000\.000 đồng/);
  assert.match(await officer.text(), /giải trình giống nhau \(không xét dấu thanh[\s\S]*Mở để đối chiếu/);
  await officer.follow("Tài sản của người này qua các lần kê khai");
  await officer.look("tai-san-qua-cac-nam");
  await officer.press("Ghi nhận");
  assert.match(await officer.text(), /Chưa chọn nội dung nào để ghi/);
  await officer.page.locator("main details summary").first().click();
  const joint = officer.page.locator("[name=tach]").first();
  const value = await joint.getAttribute("value");
  await joint.check();
  await officer.press("Ghi nhận");
  assert.match(await officer.text(), /Chưa ghi lý do/);
  assert.ok(await officer.page.locator(`[name=tach][value="${value}"]`).isChecked(), "what was chosen stays");
  await officer.look("tai-san-thieu-ly-do");
  await officer.answer({ "ly-do": "Hai thửa có số giấy chứng nhận khác nhau, đã đối chiếu bản giấy" });
  await officer.press("Ghi nhận");
  assert.match(await officer.text(), /Đã ghi 1 nội dung[\s\S]*đã đối chiếu bản giấy/);
  assert.equal(await officer.page.locator(`[name=tach][value="${value}"]`).count(), 0, "they are two now");
  await officer.look("tai-san-da-ghi");
  await officer.leave();
});
