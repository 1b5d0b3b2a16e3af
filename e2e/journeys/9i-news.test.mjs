// What is new, and a message that there is news: an address is confirmed by the code the mail server of practice got, and a
// declarant sees who opened their file. Stands on journey 8, in which kk.ba's declaration was sent.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { closeBrowser, openBrowser, signedIn } from "../lib/person.mjs";

before(openBrowser);
after(closeBrowser);

// The words of a message as the mail server wrote it down.
function letter(file) {
  const raw = readFileSync(file, "utf8");
  const [head, ...rest] = raw.split("\r\n\r\n");
  const body = rest.join("\r\n\r\n");
  if (/transfer-encoding: base64/i.test(head)) return Buffer.from(body.replace(/\s/g, ""), "base64").toString("utf8");
  if (!/quoted-printable/i.test(head)) return body;
  const bytes = body.replace(/=\r\n/g, "").replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, "latin1").toString("utf8");
}

async function newest(address) {
  const folder = process.env.MINHBACH_LETTERS;
  for (let tries = 0; tries < 60; tries += 1) {
    const files = readdirSync(folder).sort().reverse().map((name) => join(folder, name));
    const found = files.find((file) => readFileSync(file, "utf8").includes(`To: ${address}`));
    if (found) return letter(found);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error(`no message for ${address}`);
}

test("news, an address confirmed by its code, and who opened the file, without JavaScript", async () => {
  const declarant = (await signedIn("kk.ba", { scripts: false })).expect(422);
  await declarant.go("/thong-bao");
  await declarant.look("thong-bao");
  assert.match(await declarant.text(), /Ông\/Bà có nghĩa vụ kê khai mới/);
  await declarant.answer({ "dia-chi": "không phải địa chỉ" });
  await declarant.press("Gửi mã");
  await declarant.look("thong-bao-sai-dia-chi");
  assert.equal(await declarant.page.locator('[name="dia-chi"]').inputValue(), "không phải địa chỉ", "what was typed stays");
  await declarant.answer({ "dia-chi": "kk.ba@vi-du.vn" });
  await declarant.press("Gửi mã");
  await declarant.look("thong-bao-cho-ma");
  const [, code] = /thư: (\d{8})/.exec(await newest("kk.ba@vi-du.vn"));
  await declarant.answer({ ma: code });
  await declarant.press("Xác nhận địa chỉ");
  await declarant.look("thong-bao-da-xac-nhan");
  assert.match(await declarant.text(), /kk\.ba@vi-du\.vn[\s\S]*Đã xác nhận/);
  await declarant.page.getByRole("link", { name: "Ai đã xem hồ sơ" }).click();
  await declarant.look("ai-da-xem");
  assert.match(await declarant.text(), /Ai đã xem hồ sơ/);
  await declarant.leave();
});
