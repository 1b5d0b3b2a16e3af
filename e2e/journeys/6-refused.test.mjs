// What cannot be read is refused with a sentence each; what came with it is received, and every original is kept.
import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:http";
import { after, before, test } from "node:test";
import { copyOf, pdf, unreadable, upload } from "../lib/files.mjs";
import { paperNamed } from "../lib/papers.mjs";
import { closeBrowser, openBrowser, service, signedIn } from "../lib/person.mjs";

before(openBrowser);
after(closeBrowser);

const REFUSAL_MS = 120_000;

/** Rows of the list: file name → everything said of it. */
async function listed(person) {
  await person.go("/tiep-nhan");
  const rows = await person.page.locator("main tbody tr").evaluateAll((rows) =>
    rows.map((row) => [row.querySelector("a").textContent.trim(), row.innerText ?? row.textContent]),
  );
  return new Map(rows);
}

for (const scripts of [true, false]) {
  const how = scripts ? "" : "-khong-js";
  test(`unreadable files, ${scripts ? "with" : "without"} JavaScript: each is named with its reason, the readable one is received`, async () => {
    const person = (await signedIn(scripts ? "dn.tiepnhan" : "qn.tiepnhan", { scripts })).expect(422);
    await person.go("/tiep-nhan");
    const bad = unreadable();
    const good = upload(`đọc được${how}.pdf`, copyOf("012-clean.pdf", how));
    await person.page.setInputFiles("input[type=file]", [...bad.slice(0, 3), good, ...bad.slice(3)].map(({ told, ...file }) => file));
    if (scripts) assert.equal(await person.page.locator(".mb-drop__files li").count(), bad.length + 1, "the chosen files are listed");
    await person.press("Tiếp nhận");
    const told = await person.text();
    for (const { name } of [...bad, good]) assert.match(told, new RegExp(`${name}: Đã lưu bản gốc`), `${name} is received`);
    await person.look(`nhieu-tep${how}`);

    const deadline = Date.now() + REFUSAL_MS;
    const missing = () => bad.filter(({ name, told }) => !told.test(rows.get(name)));
    let rows = await listed(person);
    while (missing().length > 0) {
      const left = missing().map(({ name }) => `${name}: ${rows.get(name)}`);
      assert.ok(Date.now() < deadline, `without its sentence: ${left.join("; ")}`);
      await new Promise((resolve) => setTimeout(resolve, 1000));
      rows = await listed(person);
    }
    assert.doesNotMatch(rows.get(good.name), /Không đọc được/);
    await person.look(`bi-tu-choi${how}`);

    // One of them opened: the reason, the original's hash, and what can be done.
    await person.go(await paperNamed(person, "có mật khẩu.pdf"));
    const paper = await person.text();
    assert.match(paper, /Tệp PDF được đặt mật khẩu/);
    assert.match(paper, /[0-9a-f]{64}/, "the original is kept under its hash");
    await person.look(`mot-ban-bi-tu-choi${how}`);
    await person.answer({ reason: "SCAN_AGAIN" });
    await person.press("Để riêng");
    await person.go(await paperNamed(person, "có mật khẩu.pdf"));
    assert.match(await person.text(), /Để riêng\s+Bản quét không rõ, cần quét lại/);
    await person.look(`de-rieng${how}`);
    await person.leave();
  });
}

test("a file of 300 MB is let pass unread; those before and after it are received", async () => {
  const person = await signedIn("dn.tiepnhan");
  await person.go("/tiep-nhan");
  const token = await person.page.locator("main input[name=csrf]").first().inputValue();
  const cookie = (await person.context.cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");
  const boundary = "----minhbach-e2e";
  const part = (name) => `--${boundary}\r\nContent-Disposition: form-data; name="files"; filename="${name}"\r\nContent-Type: application/pdf\r\n\r\n`;
  const sent = request(`${service}/tiep-nhan`, {
    method: "POST",
    headers: { cookie, origin: service, "content-type": `multipart/form-data; boundary=${boundary}` },
  });
  const answered = once(sent, "response");
  const write = async (bytes) => sent.write(bytes) || once(sent, "drain");
  await write(`--${boundary}\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n${token}\r\n`);
  await write(Buffer.concat([Buffer.from(part("truoc.pdf")), pdf(61), Buffer.from(`\r\n${part("rat-lon.pdf")}%PDF-1.7\n`)]));
  const block = Buffer.alloc(1 << 20, 0x20);
  for (let megabytes = 0; megabytes < 300; megabytes += 1) await write(block);
  await write(Buffer.concat([Buffer.from(`\r\n${part("sau.pdf")}`), pdf(62), Buffer.from(`\r\n--${boundary}--\r\n`)]));
  sent.end();
  const [answer] = await answered;
  assert.equal(answer.statusCode, 200);
  const chunks = [];
  for await (const chunk of answer) chunks.push(chunk);
  const told = Buffer.concat(chunks).toString().replace(/<[^>]*>/g, "").replace(/\s+/g, " ");
  assert.match(told, /truoc\.pdf: Đã lưu bản gốc/);
  assert.match(told, /rat-lon\.pdf: Tệp lớn hơn mức 60 MB cho một tệp nên không được lưu\. Đề nghị quét với độ phân giải 300 dpi/);
  assert.match(told, /sau\.pdf: Đã lưu bản gốc/);
  const rows = await listed(person);
  assert.ok(rows.has("truoc.pdf") && rows.has("sau.pdf") && !rows.has("rat-lon.pdf"));
  await person.leave();
});
