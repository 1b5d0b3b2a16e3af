// Signing what was sent: the file to sign is always the same, one that is not a signed copy of it is refused check by check
// or, where nobody is trusted yet, by a sentence; who has no certificate signs on paper and the unit records the day. Stands
// on journey 8, in which kk.ba's declaration was sent.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { closeBrowser, openBrowser, signedIn } from "../lib/person.mjs";

before(openBrowser);
after(closeBrowser);

test("a file to sign is handed out, a wrong one refused, and the day on paper recorded once, without JavaScript", async () => {
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
    if ((await declarant.page.locator('[name="tep"]').count()) > 0) break;
  }
  await declarant.look("ky-so");
  const copies = [await declarant.download(`${home}/ky-so/tep.pdf`), await declarant.download(`${home}/ky-so/tep.pdf`)];
  assert.deepEqual(copies[0].bytes, copies[1].bytes, "the bytes handed out never change");
  // The copy itself, not signed.
  await declarant.page.setInputFiles('[name="tep"]', { name: "ban-ke-khai.pdf", mimeType: "application/pdf", buffer: copies[0].bytes });
  await declarant.press("Nộp tệp đã ký");
  assert.match(await declarant.text(), /chưa được cấu hình tổ chức chứng thực nào được tin cậy nên chưa nhận tệp ký số/);
  await declarant.look("ky-so-tu-choi");
  await declarant.leave();

  const unit = (await signedIn("qn.soct", { scripts: false })).expect(422).expect(409);
  const id = home.split("/")[3];
  await unit.go(`/don-vi/ban/${id}/ky-so`);
  await unit.answer({ day: "31/02/2025" });
  await unit.press("Ghi nhận đã ký trên giấy");
  await unit.look("ky-giay-sai");
  assert.equal(await unit.page.locator('[name="day"]').inputValue(), "31/02/2025", "what was typed stays");
  await unit.answer({ day: "08/12/2025" });
  await unit.press("Ghi nhận đã ký trên giấy");
  await unit.look("ky-giay");
  assert.match(await unit.text(), /Người kê khai ký trên giấy[\s\S]*08\/12\/2025/);
  assert.equal(await unit.page.locator('[name="day"]').count(), 0, "once");
  await unit.leave();
});
