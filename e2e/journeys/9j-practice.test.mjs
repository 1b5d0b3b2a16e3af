// A world to practise in: founded by the agency's administrator, entered with its accounts, begun anew.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { answerWho, openReview } from "../lib/papers.mjs";
import { closeBrowser, openBrowser, signedIn, sitDown } from "../lib/person.mjs";

before(openBrowser);
after(closeBrowser);

const OPEN = /Mật khẩu chung\s+(\S+)[\s\S]*?(th\w{4})\.tiepnhan/;

async function opened(admin) {
  for (let tries = 0; tries < 120; tries += 1) {
    await admin.go("/thuc-hanh");
    const found = OPEN.exec(await admin.text());
    if (found) return { password: found[1], prefix: found[2] };
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error("the world of practice was not built");
}

async function enters(prefix, seat, password) {
  const person = await sitDown({ scripts: false });
  await person.go("/dang-nhap");
  await person.signIn(`${prefix}.${seat}`, password);
  return person;
}

test("a world to practise in is founded, entered and begun anew, without JavaScript", async () => {
  const admin = (await signedIn("qn.quantri", { scripts: false })).expect(422);
  await admin.go("/thuc-hanh");
  await admin.look("thuc-hanh-chua-co");
  await admin.press("Lập bản thực hành");
  await admin.look("thuc-hanh-dang-dung");
  const first = await opened(admin);
  await admin.look("thuc-hanh-dang-mo");

  const declarant = await enters(first.prefix, "kk1", first.password);
  await declarant.look("thuc-hanh-nguoi-ke-khai");
  assert.match(await declarant.page.locator("body").innerText(), /Bản thực hành\.[\s\S]*Kê khai hằng năm/);
  await declarant.leave();
  const unit = await enters(first.prefix, "donvi1", first.password);
  await unit.look("thuc-hanh-don-vi");
  assert.match(await unit.page.locator("body").innerText(), /Bản thực hành\.[\s\S]*Sở Tập huấn/);
  await unit.leave();

  // The desk of that world has a scan: here it is one of 2016, on the form of then.
  const desk = (await enters(first.prefix, "tiepnhan", first.password)).expect(422);
  const paper = await openReview(desk, "ban-ke-khai-thuc-hanh.pdf");
  await desk.follow("Ghi nhận theo mẫu cũ");
  await desk.look("mau-cu");
  await desk.answer({ year: "2016", place: "Kho lưu trữ tầng 2, giá 3, hộp 12" });
  await desk.press("Ghi nhận");
  await desk.look("mau-cu-thieu");
  assert.match(await desk.text(), /Chưa chọn mẫu bản kê khai/);
  assert.equal(await desk.page.locator('[name="place"]').inputValue(), "Kho lưu trữ tầng 2, giá 3, hộp 12", "what was typed stays");
  await desk.answer({ form: "ND78_2013", year: "2016", completed_on: "20/12/2016" });
  await answerWho(desk, "Sở Tập huấn");
  await desk.press("Ghi nhận");
  await desk.look("mau-cu-da-ghi");
  assert.match(await desk.text(), /theo mẫu cũ năm 2016[\s\S]*giá 3, hộp 12/);
  await desk.go("/ban-ke-khai/mau-cu");
  await desk.look("mau-cu-danh-sach");
  await desk.go(paper);
  await desk.look("mau-cu-ban-quet");
  assert.match(await desk.text(), /Đã ghi nhận theo mẫu cũ/);
  // The paper is moved; then it turns out to be of another year: taken back, and only the year is typed again.
  await desk.follow("Xem bản kê khai theo mẫu cũ đã ghi nhận");
  await desk.page.getByText("Bản giấy được chuyển nơi lưu").click();
  await desk.answer({ place: "Kho B, giá 1, hộp 4" });
  await desk.press("Ghi nơi lưu mới");
  assert.match(await desk.text(), /Chưa ghi lý do/);
  assert.equal(await desk.page.locator('[name="place"]').inputValue(), "Kho B, giá 1, hộp 4", "what was typed stays");
  await desk.answer({ "place-why": "Chuyển kho theo biên bản" });
  await desk.press("Ghi nơi lưu mới");
  await desk.look("mau-cu-chuyen-kho");
  await desk.page.getByText("Rút ghi nhận này").click();
  await desk.answer({ why: "Ghi nhầm năm" });
  await desk.press("Rút ghi nhận");
  await desk.look("mau-cu-da-rut");
  assert.match(await desk.text(), /đã được rút[\s\S]*Ghi nhầm năm/);
  await desk.go(`${paper}/mau-cu`);
  assert.equal(await desk.page.locator('[name="place"]').inputValue(), "Kho B, giá 1, hộp 4", "what was recorded stands there");
  await desk.answer({ year: "2015", completed_on: "20/12/2015" });
  // The person the first record added is found by the number and chosen again.
  assert.match(await desk.text(), /trùng số giấy tờ với bản giấy, không còn trong danh sách/);
  assert.equal(await desk.page.locator('[name="who"]:checked').count(), 0, "nobody is chosen");
  await desk.page.locator("#who-0").check();
  await desk.press("Ghi nhận");
  assert.match(await desk.text(), /theo mẫu cũ năm 2015[\s\S]*Kho B, giá 1, hộp 4/);
  await desk.go("/ban-ke-khai/mau-cu");
  await desk.look("mau-cu-danh-sach-da-rut");
  assert.match(await desk.text(), /Đã rút ghi nhận/);
  await desk.leave();

  await admin.press("Làm lại từ đầu");
  await admin.look("thuc-hanh-chua-dong-y");
  assert.match(await admin.text(), /Chưa đánh dấu đồng ý/);
  await admin.page.check("#dong-y");
  await admin.press("Làm lại từ đầu");
  const second = await opened(admin);
  assert.notEqual(second.prefix, first.prefix);
  const late = await sitDown({ scripts: false });
  late.expect(422);
  await late.go("/dang-nhap");
  await late.signIn(`${first.prefix}.kk1`, first.password);
  assert.match(await late.text(), /Tên đăng nhập hoặc mật khẩu chưa đúng/);
  await late.leave();
  await admin.press("Đóng bản thực hành");
  await admin.look("thuc-hanh-da-dong");
  assert.match(await admin.text(), /Đã đóng[\s\S]*Lập bản thực hành/);
  await admin.leave();
});
