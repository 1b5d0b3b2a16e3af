// Signing what was sent, with the practice signer in the place of a card: the file to sign is always the same, one that is not
// a signed copy of it or is another person's is refused check by check, a good one is told check by check and stamped; the
// data is signed beside it, detached; who signed withdraws it with a reason, and the unit records the day on paper in its
// place. Stands on journey 8, in which kk.ba's declaration was sent.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { closeBrowser, openBrowser, signedIn } from "../lib/person.mjs";

const signer = process.env.MINHBACH_SIGNER;

before(openBrowser);
after(closeBrowser);

/** Records the day on paper for the declarant; the receiver's form stands beside it once the declaration was received. */
async function onPaper(unit, day) {
  await unit.answer({ "day-nguoi-ke-khai": day });
  const button = unit.page.locator('form[action$="/nguoi-ke-khai/giay"]').getByRole("button");
  await Promise.all([unit.page.waitForEvent("load"), button.click()]);
}

/** Signs a file on the practice signer's page, as a practice person does with their card. */
async function signedAs(person, login, bytes, name = "de-ky.pdf", mimeType = "application/pdf") {
  const page = await person.context.newPage();
  try {
    await page.goto(signer);
    assert.match(await page.innerText("body"), /KHÔNG CÓ GIÁ TRỊ PHÁP LÝ/);
    await page.selectOption('[name="nguoi"]', login);
    await page.setInputFiles('[name="tep"]', { name, mimeType, buffer: bytes });
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Ký và tải tệp đã ký" }).click();
    const chunks = [];
    for await (const chunk of await (await download).createReadStream()) chunks.push(chunk);
    return Buffer.concat(chunks);
  } finally {
    await page.close();
  }
}

async function bringDetached(person, bytes) {
  await person.page.locator('[name^="tep-du-lieu-"]').setInputFiles({ name: "du-lieu.p7s", mimeType: "application/pkcs7-signature", buffer: bytes });
  await person.press("Nộp chữ ký rời");
}

async function bring(person, bytes) {
  await person.page.setInputFiles('[name="tep-nguoi-ke-khai"]', { name: "da-ky.pdf", mimeType: "application/pdf", buffer: bytes });
  await person.press("Nộp tệp đã ký");
}

test("a declaration is signed, told and stamped, withdrawn, and signed on paper, without JavaScript", { skip: !signer && "no practice signer" }, async () => {
  const declarant = (await signedIn("kk.ba", { scripts: false })).expect(422).expect(409);
  await declarant.go("/ke-khai");
  const links = await declarant.page.locator('main a[href^="/ke-khai/ban/"]').evaluateAll((all) => all.map((a) => a.getAttribute("href")));
  let home = "";
  for (const href of links) {
    home = href.split("/").slice(0, 4).join("/");
    await declarant.go(home);
    await declarant.page.getByRole("link", { name: "Ký số bản kê khai" }).click();
    assert.equal(new URL(declarant.page.url()).pathname, `${home}/ky-so`);
    // One that came on paper is signed there.
    if ((await declarant.page.locator('[name="tep-nguoi-ke-khai"]').count()) > 0) break;
  }
  await declarant.look("ky-so");
  const address = `${home}/ky-so/nguoi-ke-khai/tep.pdf`;
  const copies = [await declarant.download(address), await declarant.download(address)];
  assert.deepEqual(copies[0].bytes, copies[1].bytes, "the bytes handed out never change");
  await bring(declarant, copies[0].bytes);
  assert.match(await declarant.text(), /Tệp chưa được ký: đây đúng là tệp đã tải về/);
  await bring(declarant, await signedAs(declarant, "kk.mot", copies[0].bytes));
  assert.match(await declarant.text(), /Số định danh cá nhân trên chứng thư là của người khác/);
  await declarant.look("ky-so-tu-choi");
  await bring(declarant, await signedAs(declarant, "kk.ba", copies[0].bytes));
  await declarant.look("ky-so-hop-le");
  // All passed: told in one line, each to be opened.
  await declarant.page.getByText(/Kết quả kiểm tra chữ ký khi nhận: cả \d+ nội dung đều đạt/).click();
  assert.match(await declarant.text(), /Chữ ký hợp lệ[\s\S]*Số định danh cá nhân trên chứng thư là của người ký/);
  for (let tries = 0; !/Dấu thời gian\s+\d\d:/.test(await declarant.text()); tries += 1) {
    assert.ok(tries < 60, "the time stamp arrives");
    await new Promise((resolve) => setTimeout(resolve, 500));
    await declarant.go(`${home}/ky-so`);
  }
  assert.match(await declarant.text(), /Dấu thời gian\s+\d\d:\d\d:\d\d ngày/);
  await declarant.look("ky-so-dau-thoi-gian");
  // The data itself, detached, with the same card: another file than the data is refused and told.
  await declarant.page.getByText("Ký thêm trên dữ liệu").click();
  await declarant.look("ky-du-lieu");
  const source = await declarant.page.getByRole("link", { name: "Tải tệp dữ liệu (JSON)" }).getAttribute("href");
  const data = (await declarant.download(source)).bytes;
  await bringDetached(declarant, await signedAs(declarant, "kk.ba", Buffer.concat([data, Buffer.from(" ")]), "du-lieu.json", "application/json"));
  await declarant.look("ky-du-lieu-tu-choi");
  assert.match(await declarant.text(), /Không đạt[\s\S]*Đề nghị tải lại tệp dữ liệu từ trang này/);
  await bringDetached(declarant, await signedAs(declarant, "kk.ba", data, "du-lieu.json", "application/json"));
  for (let tries = 0; !/Dấu thời gian của chữ ký trên dữ liệu/i.test(await declarant.text()); tries += 1) {
    assert.ok(tries < 60, "the time stamp of the detached signature arrives");
    await new Promise((resolve) => setTimeout(resolve, 500));
    await declarant.go(`${home}/ky-so`);
  }
  await declarant.look("ky-du-lieu-hop-le");
  await declarant.page.getByText(/Kết quả kiểm tra chữ ký trên dữ liệu: cả \d+ nội dung đều đạt/).click();
  assert.match(await declarant.text(), /Chữ ký trên dữ liệu bản kê khai[\s\S]*Chữ ký hợp lệ[\s\S]*Chứng thư là chứng thư đã ký bản kê khai/);
  await declarant.page.getByText("Rút chữ ký này").click();
  await declarant.page.locator('textarea[name^="ly-do-"]').fill("Ký nhầm bằng thẻ cũ");
  await declarant.press("Rút chữ ký");
  assert.match(await declarant.text(), /Đã rút[\s\S]*Ký nhầm bằng thẻ cũ/);
  await declarant.look("ky-so-da-rut");
  await declarant.leave();

  const unit = (await signedIn("qn.soct", { scripts: false })).expect(422).expect(409);
  const id = home.split("/")[3];
  await unit.go(`/don-vi/ban/${id}/ky-so`);
  await onPaper(unit, "31/02/2025");
  await unit.look("ky-giay-sai");
  assert.equal(await unit.page.locator('[name="day-nguoi-ke-khai"]').inputValue(), "31/02/2025", "what was typed stays");
  await onPaper(unit, "08/12/2025");
  await unit.look("ky-giay");
  assert.match(await unit.text(), /Ký trên giấy[\s\S]*08\/12\/2025/);
  assert.equal(await unit.page.locator('[name="day-nguoi-ke-khai"]').count(), 0, "once");
  await unit.leave();
});
