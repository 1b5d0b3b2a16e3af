// Someone rises to director: another agency controls them, their file goes along, and the unit lists them there.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { closeBrowser, openBrowser, signedIn, sitDown } from "../lib/person.mjs";

before(openBrowser);
after(closeBrowser);

const POST = "Phó Trưởng phòng Kế hoạch";

/** The line of the list with these words. */
function line(person, ...words) {
  return words.reduce((rows, hasText) => rows.filter({ hasText }), person.page.locator("tbody tr"));
}

async function change(unit, name) {
  await unit.go("/don-vi/danh-sach");
  const row = line(unit, name, POST).first();
  await Promise.all([unit.page.waitForEvent("load"), row.getByRole("link", { name: "Sửa" }).click()]);
  await unit.answer({ position: "Giám đốc Sở Công Thương", ground: "DIRECTOR_UP" });
  await unit.press("Ghi vào danh sách");
}

test("a file is sent, the person is listed under the other agency, and the file is compared and taken", async () => {
  const unit = (await signedIn("qn.soct")).expect(422);
  await unit.go("/don-vi/danh-sach");
  const name = (await line(unit, POST).first().locator("td").first().innerText()).split("\n")[0].trim();
  await change(unit, name);
  assert.match(await unit.text(), /chuyển hồ sơ \(trang “Chuyển hồ sơ”\)/);
  await unit.look("danh-sach-can-chuyen-ho-so");

  const sender = (await signedIn("qn.tiepnhan")).expect(422);
  await sender.go("/chuyen-ho-so");
  await sender.look("chuyen-ho-so-chua-co");
  await sender.go("/ban-ke-khai");
  await Promise.all([
    sender.page.waitForEvent("load"),
    line(sender, name, "Sở Công Thương").first().getByRole("link").first().click(),
  ]);
  await sender.follow("Chuyển hồ sơ của người này");
  await sender.press("Gửi hồ sơ");
  assert.match(await sender.text(), /Chưa chọn cơ quan kiểm soát nhận hồ sơ[\s\S]*Chưa ghi số văn bản/);
  await sender.look("chuyen-ho-so-gui-loi");
  const agency = await sender.page.locator("#den option", { hasText: "Thanh tra Chính phủ" }).getAttribute("value");
  await sender.answer({ den: agency, "ly-do": "RANK_CHANGED", document_no: "12/TTT-KSTS" });
  await sender.press("Gửi hồ sơ");
  assert.match(await sender.text(), /Chờ bên nhận[\s\S]*ghi lại dòng của người này/);
  await sender.look("chuyen-ho-so-da-gui");
  const file = new URL(sender.page.url()).pathname;

  const taker = (await signedIn("ttcp.tiepnhan")).expect(422, 409);
  await taker.go(file);
  assert.match(await taker.text(), /Chưa có ai trong danh sách giống người trong hồ sơ/);
  await taker.look("chuyen-ho-so-chua-trong-danh-sach");

  await change(unit, name);
  assert.match(await unit.text(), new RegExp(`${name}[\\s\\S]*Thanh tra Chính phủ`));
  await unit.look("danh-sach-ho-so-dang-chuyen");

  await taker.go("/chuyen-ho-so");
  await taker.look("chuyen-ho-so-den");
  await taker.follow("Thanh tra tỉnh Quảng Ngãi");
  await taker.press("Trả lại hồ sơ");
  assert.match(await taker.text(), /Chưa ghi lý do trả lại hồ sơ/);
  await taker.look("chuyen-ho-so-tra-lai-loi");
  await taker.page.locator("#nguoi").check();
  await taker.press("Nhận hồ sơ");
  assert.match(await taker.text(), /Đã nhận[\s\S]*Bản kê khai đã nhận/);
  await taker.look("chuyen-ho-so-da-nhan");
  await taker.follow("Kê khai lần đầu, năm 2024");
  assert.match(await taker.text(), /Bản sao của bản gốc[\s\S]*tại Thanh tra tỉnh Quảng Ngãi/);
  await taker.look("chuyen-ho-so-ban-sao");

  await sender.go(file);
  assert.match(await sender.text(), /Hồ sơ đã chuyển ngày/);
  await sender.look("chuyen-ho-so-da-chuyen");
  await unit.go("/don-vi/danh-sach");
  assert.match(await unit.text(), /Hồ sơ được chuyển từ Thanh tra tỉnh Quảng Ngãi[\s\S]*Hồ sơ đã chuyển ngày/);
  await unit.look("danh-sach-ho-so-da-chuyen");

  // The person, with the account of their new line: their earlier declaration is there, and the draft begins with it.
  await unit.go("/tai-khoan");
  await unit.press("Cấp tài khoản cho người chưa có");
  const slip = line(unit, name).first();
  const login = (await slip.locator("code").first().innerText()).trim();
  const code = (await slip.locator("[id^=ma-]").innerText()).trim();
  const holder = await sitDown({ scripts: false });
  await holder.go("/kich-hoat");
  const password = "Mat khau rieng 2025!";
  await holder.answer({ login, code, password, password_again: password });
  await holder.press("Kích hoạt");
  if (!/\/ke-khai$/.test(holder.page.url())) await holder.signIn(login, password);
  await holder.go("/ke-khai");
  assert.match(await holder.text(), /Hồ sơ của Ông\/Bà được chuyển từ Thanh tra tỉnh Quảng Ngãi/);
  await holder.look("ke-khai-ho-so-chuyen-den");
  await holder.follow("Kê khai lần đầu, năm 2024");
  assert.match(await holder.text(), /bản gốc vẫn ở đó/);
  await holder.look("ke-khai-ban-sao");
  await Promise.all([unit.leave(), sender.leave(), taker.leave(), holder.leave()]);
});
