// The second year: the last declaration is carried forward. Without a change nothing is typed twice, in at most twelve pages;
// what was sold and bought becomes section III.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { send } from "../lib/declaration.mjs";
import { closeBrowser, openBrowser, signedIn } from "../lib/person.mjs";

before(openBrowser);
after(closeBrowser);

const QUESTIONS = ["gia-dinh", "dat", "nha", "gan-lien-dat", "vang", "tien", "co-phan", "xe-khac", "nuoc-ngoai"];

/** Opens the obligation and answers the questions about the time since: "Có" to those named. */
async function carryForward(person, yes, look = async () => {}) {
  await person.go("/ke-khai");
  const href = await person.page.locator('main a[href^="/ke-khai/"]').first().getAttribute("href");
  await person.go(href);
  await person.press("Bắt đầu kê khai");
  assert.ok(new URL(person.page.url()).pathname.endsWith("/tu-lan-truoc"), "what was carried is asked about first");
  assert.match(await person.text(), /Tiền gửi tiết kiệm tại Ngân hàng TMCP Ngoại thương Việt Nam: \d/);
  for (const code of QUESTIONS) await person.answer({ [`t.${code}`]: yes.includes(code) ? "co" : "khong" });
  await look("tu-lan-truoc");
  await person.press("Lưu và tiếp tục");
  return href;
}

/** Counts the pages a person sees from here on. */
function pagesOf(person) {
  let pages = 0;
  person.page.on("load", () => { pages += 1; });
  return () => pages;
}

/** Adds the income up source by source instead of reckoning it beside the form. */
async function addUp(person, look) {
  await person.press("Cộng từ từng khoản thu nhập");
  const wage = { "e0.source": "SALARY", "e0.part": "declarant", "e0.amount": "15.000.000", "e0.times": "12", "e0.from": "lương" };
  await person.answer({ have: "co" });
  await person.answer({ ...wage, "e0.amount": "mười lăm x" });
  await person.press("Lưu và tiếp tục");
  assert.match(await person.text(), /không đọc được số tiền: “mười lăm x”/);
  await look("tung-khoan-sai");
  await person.answer({ "e0.amount": wage["e0.amount"] });
  await person.press("Thêm khoản");
  await person.answer({ "e1.source": "BONUS", "e1.part": "declarant", "e1.amount": "12 triệu" });
  await look("tung-khoan");
  await person.press("Lưu và tiếp tục");
  assert.equal(at(person), "ii-10");
  assert.equal(await person.page.locator('[name="e0.declarant"]').inputValue(), "192.000.000");
}

const at = (person) => new URL(person.page.url()).pathname.split("/").pop();

for (const scripts of [true, false]) {
  const how = scripts ? "with JavaScript" : "without JavaScript";
  test(`a year without change, ${how}: at most twelve pages, nothing typed twice`, async () => {
    const person = (await signedIn(scripts ? "kk.ba" : "kk.bon", { scripts })).expect(422);
    const look = scripts ? (name) => person.look(`nam-sau-${name}`) : async () => {};
    const begun = Date.now();
    const pages = pagesOf(person);
    const home = await carryForward(person, [], look);
    assert.equal(at(person), "i-3", "the sheet of the first year left the children blank: that is asked once");
    await person.answer({ have: "khong" });
    await person.press("Lưu và tiếp tục");
    assert.equal(at(person), "ii-10", "what did not change needs no visit");
    if (scripts) await addUp(person, look);
    else await person.answer({ "e0.declarant": "192.000.000", "e0.spouse": "0", "e0.children": "0", "e0.common": "0" });
    await look("thu-nhap");
    await person.press("Lưu và tiếp tục");
    assert.equal(at(person), "iii");
    assert.equal(await person.page.locator('[name="t.INCOME.value"]').inputValue(), "192.000.000", "the sum is there");
    const explanation = person.page.locator('[name="t.INCOME.explanation"]');
    if (scripts) assert.match(await explanation.inputValue(), /^Lương, phụ cấp, trợ cấp: 180\.000\.000 đồng \(.*12 × 15\.000\.000\); Thưởng/);
    else await person.answer({ "t.INCOME.explanation": "Lương, phụ cấp: 192.000.000" });
    await look("bien-dong");
    await person.press("Lưu và tiếp tục");
    assert.equal(at(person), "kiem-tra");
    if (scripts) {
      // Something was sold after all: the same draft, one section more, and section III says so by itself.
      await person.go(`${home}/ii-5`);
      await person.answer({ "e0.nay": "het" });
      await look("het");
      await person.press("Lưu và tiếp tục");
      await person.go(`${home}/iii`);
      assert.equal(await person.page.locator('[name="e0.quantity"]').inputValue(), "- 01");
      await look("bien-dong-giam");
      await person.go(`${home}/ii-5`);
      await person.answer({ "e0.nay": "con" });
      await person.press("Lưu và tiếp tục");
      await person.go(home);
      await look("danh-sach");
    }
    const seen = pages();
    await send(person, home);
    // The list, the start, the questions, the children, income, section III, the check, sent; with JavaScript also the income's sheet
    // and the way back above.
    const most = scripts ? 26 : 12;
    assert.ok(seen <= most, `${seen} pages`);
    console.log(`# ${how}: ${seen + 2} pages, ${Math.round((Date.now() - begun) / 1000)} s, pictures and checks included`);
    await person.leave();
  });
}
