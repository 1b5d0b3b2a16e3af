// The unit finds a declaration not complete, demands that it be completed, and receives what is sent again (article 38.2).
// Stands on journey 8, in which kk.bon sent a declaration.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { send } from "../lib/declaration.mjs";
import { closeBrowser, openBrowser, signedIn } from "../lib/person.mjs";

before(openBrowser);
after(closeBrowser);

test("what is demanded is read, mended, sent again, compared and received", async () => {
  const unit = (await signedIn("qn.soct")).expect(422);
  const declarant = await signedIn("kk.bon", { scripts: false });
  await declarant.go("/ke-khai");
  const sent = await declarant.page.locator('main a[href^="/ke-khai/ban/"]').first().getAttribute("href");
  const id = sent.split("/")[3];

  await unit.go(`/don-vi/ban/${id}`);
  await unit.look("don-vi-ban-co-ghi-nhan");
  await unit.follow("Yêu cầu hoàn thiện hoặc kê khai lại");
  const day = await unit.page.inputValue("#day");
  await unit.answer({ "yeu-cau": "COMPLETE", reasons: "Mục I.1: nơi thường trú chưa ghi thôn, tổ dân phố.", day: "31/02/2025" });
  await unit.press("Lập yêu cầu");
  assert.equal(await unit.page.inputValue("#reasons"), "Mục I.1: nơi thường trú chưa ghi thôn, tổ dân phố.", "what was typed stays");
  await unit.look("yeu-cau-loi");
  await unit.answer({ day });
  await unit.press("Lập yêu cầu");
  assert.match(await unit.heading(), /Yêu cầu hoàn thiện bản kê khai số/);
  await unit.look("yeu-cau");
  await unit.go("/don-vi");
  assert.match(await unit.text(), /Chờ hoàn thiện/);
  await unit.look("don-vi-cho-hoan-thien");

  await declarant.go("/ke-khai");
  await declarant.look("ke-khai-can-hoan-thien");
  await declarant.follow("Đọc yêu cầu của đơn vị");
  assert.match(await declarant.text(), /còn 7 ngày[\s\S]*chưa ghi thôn, tổ dân phố/);
  await declarant.look("yeu-cau-nguoi-ke-khai");
  await declarant.press("Mở bản kê khai để sửa");
  const home = new URL(declarant.page.url()).pathname;
  await declarant.look("ke-khai-dang-hoan-thien");
  await declarant.go(`${home}/i-1`);
  await declarant.answer({ "e0.residence": "Tổ dân phố 4, phường Nghĩa Lộ, tỉnh Quảng Ngãi" });
  await declarant.press("Lưu và tiếp tục");
  const again = await send(declarant, home);
  assert.equal(again, `/ke-khai/ban/${id}`, "the same declaration, a further version");
  await declarant.look("da-gui-lai");

  await unit.go(`/don-vi/ban/${id}`);
  assert.match(await unit.text(), /Điểm khác so với bản trước[\s\S]*Tổ dân phố 4, phường Nghĩa Lộ/);
  await unit.look("don-vi-ban-gui-lai");
  await unit.follow("Tiếp nhận");
  await unit.press("Tiếp nhận");
  assert.match(await unit.text(), /Bàn giao cho cơ quan kiểm soát chậm nhất ngày/);
  await Promise.all([unit.leave(), declarant.leave()]);
});
