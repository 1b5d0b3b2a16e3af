// The paper form as offices print it: Phụ lục I and II of Nghị định 130/2020/NĐ-CP, in several layouts.

const escape = (text) => String(text).replace(/[&<>]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[c]);
const day = (iso) => iso.split("-").reverse().join("/");
const ORDINALS = ["nhất", "hai", "ba", "tư", "năm", "sáu", "bảy", "tám", "chín", "mười"];
const TITLES = {
  FIRST: "BẢN KÊ KHAI TÀI SẢN, THU NHẬP LẦN ĐẦU",
  ANNUAL: "BẢN KÊ KHAI TÀI SẢN, THU NHẬP HẰNG NĂM",
  PERSONNEL: "BẢN KÊ KHAI TÀI SẢN, THU NHẬP PHỤC VỤ CÔNG TÁC CÁN BỘ",
  SUPPLEMENT: "BẢN KÊ KHAI TÀI SẢN, THU NHẬP BỔ SUNG",
};

/** Fields of each item: label and key; a list of several stands on one line. */
const LAND = [["Địa chỉ", "address"], ["Diện tích", "area_m2"], ["Giá trị", "value"], ["Giấy chứng nhận quyền sử dụng", "certificate"], ["Thông tin khác (nếu có)", "other"]];
const ITEMS = [
  { heading: "1. Quyền sử dụng thực tế đối với đất" },
  { heading: "1.1. Đất ở", code: "LAND_RES", entry: "Thửa thứ", fields: LAND, note: 7 },
  { heading: "1.2. Các loại đất khác", code: "LAND_OTHER", entry: "Thửa thứ", fields: [["Loại đất", "land_type"], ...LAND], note: 12 },
  { heading: "2. Nhà ở, công trình xây dựng" },
  { heading: "2.1. Nhà ở", code: "HOUSE", entry: "Nhà thứ", fields: [["Địa chỉ", "address"], ["Loại nhà", "house_type"], ["Diện tích sử dụng", "floor_area_m2"], ["Giá trị", "value"], ["Giấy chứng nhận quyền sở hữu", "certificate"], ["Thông tin khác (nếu có)", "other"]], note: 13 },
  { heading: "2.2. Công trình xây dựng khác", code: "STRUCTURE", entry: "Công trình thứ", fields: [["Tên công trình", "name"], ["Địa chỉ", "address"], ["Loại công trình", "structure_type", "Cấp công trình", "structure_grade"], ["Diện tích", "area_m2"], ["Giá trị", "value"], ["Giấy chứng nhận quyền sở hữu", "certificate"], ["Thông tin khác (nếu có)", "other"]], note: 14 },
  { heading: "3. Tài sản khác gắn liền với đất", note: 17 },
  { heading: "3.1. Cây lâu năm", code: "TREE", fields: [["Loại cây", "name", "Số lượng", "quantity", "Giá trị", "value"]], note: 18 },
  { heading: "3.2. Rừng sản xuất", code: "FOREST", fields: [["Loại rừng", "name", "Diện tích", "area_m2", "Giá trị", "value"]], note: 19 },
  { heading: "3.3. Vật kiến trúc khác gắn liền với đất", code: "FIXTURE", fields: [["Tên gọi", "name", "Số lượng", "quantity", "Giá trị", "value"]] },
  { heading: "4. Vàng, kim cương, bạch kim và các kim loại quý, đá quý khác có tổng giá trị từ 50 triệu đồng trở lên", code: "PRECIOUS", fields: [["Loại", "name", "Số lượng", "quantity", "Giá trị", "value"]], note: 20 },
  { heading: "5. Tiền (tiền Việt Nam, ngoại tệ) gồm tiền mặt, tiền cho vay, tiền trả trước, tiền gửi cá nhân, tổ chức trong nước, tổ chức nước ngoài tại Việt Nam mà tổng giá trị quy đổi từ 50 triệu đồng trở lên", code: "MONEY", fields: [["Loại", "name", "Giá trị", "value"]], note: 21 },
  { heading: "6. Cổ phiếu, trái phiếu, vốn góp, các loại giấy tờ có giá khác mà tổng giá trị từ 50 triệu đồng trở lên (khai theo từng loại)", note: 22 },
  { heading: "6.1. Cổ phiếu", code: "SHARE", fields: [["Tên cổ phiếu", "name", "Số lượng", "quantity", "Giá trị", "value"]] },
  { heading: "6.2. Trái phiếu", code: "BOND", fields: [["Tên trái phiếu", "name", "Số lượng", "quantity", "Giá trị", "value"]] },
  { heading: "6.3. Vốn góp", code: "CAPITAL", fields: [["Hình thức góp vốn", "name", "Giá trị", "value"]], note: 23 },
  { heading: "6.4. Các loại giấy tờ có giá khác", code: "PAPER", fields: [["Tên giấy tờ có giá", "name", "Giá trị", "value"]], note: 24 },
  { heading: "7. Tài sản khác mà mỗi tài sản có giá trị từ 50 triệu đồng trở lên, bao gồm" },
  { heading: "7.1. Tài sản theo quy định của pháp luật phải đăng ký sử dụng và được cấp giấy đăng ký (tầu bay, tầu thủy, thuyền, máy ủi, máy xúc, ô tô, mô tô, xe gắn máy...)", code: "REGISTERED", fields: [["Tên tài sản", "name", "Số đăng ký", "registration", "Giá trị", "value"]], note: 25 },
  { heading: "7.2. Tài sản khác (đồ mỹ nghệ, đồ thờ cúng, bàn ghế, cây cảnh, tranh, ảnh, các loại tài sản khác)", code: "OTHER", fields: [["Tên loại tài sản", "name", "Năm bắt đầu sở hữu", "first_year", "Giá trị", "value"]], note: 26 },
  { heading: "8. Tài sản ở nước ngoài", code: "FOREIGN_ASSET", fields: [["Tên tài sản", "name", "Nước", "country", "Giá trị", "value"]], note: 27 },
  { heading: "9. Tài khoản ở nước ngoài", code: "FOREIGN_ACCOUNT", fields: [], note: 28 },
];
const ROWS = [
  ["1. Quyền sử dụng thực tế đối với đất"], ["1.1. Đất ở", "LAND_RES"], ["1.2. Các loại đất khác", "LAND_OTHER"],
  ["2. Nhà ở, công trình xây dựng"], ["2.1. Nhà ở", "HOUSE"], ["2.2. Công trình xây dựng khác", "STRUCTURE"],
  ["3. Tài sản khác gắn liền với đất"], ["3.1. Cây lâu năm, rừng sản xuất", "TREE_OR_FOREST"], ["3.2. Vật kiến trúc gắn liền với đất", "FIXTURE"],
  ["4. Vàng, kim cương, bạch kim và các kim loại quý, đá quý khác có tổng giá trị từ 50 triệu đồng trở lên", "PRECIOUS"],
  ["5. Tiền (tiền Việt Nam, ngoại tệ) gồm tiền mặt, tiền cho vay, tiền trả trước, tiền gửi cá nhân, tổ chức trong nước, tổ chức nước ngoài tại Việt Nam mà tổng giá trị quy đổi từ 50 triệu đồng trở lên", "MONEY"],
  ["6. Cổ phiếu, trái phiếu, vốn góp, các loại giấy tờ có giá khác mà tổng giá trị từ 50 triệu đồng trở lên (khai theo từng loại)"],
  ["6.1. Cổ phiếu", "SHARE"], ["6.2. Trái phiếu", "BOND"], ["6.3. Vốn góp", "CAPITAL"], ["6.4. Các loại giấy tờ có giá khác", "PAPER"],
  ["7. Tài sản khác có giá trị từ 50 triệu đồng trở lên"],
  ["7.1. Tài sản theo quy định của pháp luật phải đăng ký sử dụng và được cấp giấy đăng ký", "REGISTERED"], ["7.2. Tài sản khác", "OTHER"],
  ["8. Tài sản ở nước ngoài", "FOREIGN_ASSET"], ["9. Tài khoản ở nước ngoài", "FOREIGN_ACCOUNT"], ["10. Tổng thu nhập giữa hai lần kê khai", "INCOME"],
];

/** One declaration as HTML. `look`: print and hand (font files), size, notes, joined, leaders, none, hand (true when filled in by hand). */
export function sheet({ truth, all, changes }, look, luck) {
  const note = (number) => (look.notes && number ? `<sup>(${number})</sup>` : "");
  const v = (text) => `<span class="v">${escape(text)}</span>`;
  const field = (label, text, number) => `${escape(label)}${note(number)}: ${v(text)}`;
  const line = (inner) => `<p>- ${inner}</p>`;
  const none = () => `<p>${v(luck.of(look.none))}</p>`;
  const out = [];
  const id = ({ id_no, id_date, id_place }) =>
    id_no ? `Số căn cước công dân hoặc giấy chứng minh nhân dân${note(4)}: ${v(id_no)} ngày cấp ${v(day(id_date))} nơi cấp ${v(id_place)}` : `Số căn cước công dân hoặc giấy chứng minh nhân dân${note(4)}: ${v("chưa được cấp")}`;
  const born = (one) => (look.joined ? line(`${field("Họ và tên", one.full_name)}<i class="gap"></i>${field("Ngày tháng năm sinh", day(one.dob))}`) : line(field("Họ và tên", one.full_name)) + line(field("Ngày tháng năm sinh", day(one.dob))));

  const { declarant, spouse, children, income } = truth;
  out.push(`<h2>I. THÔNG TIN CHUNG</h2><h3>1. Người kê khai tài sản, thu nhập</h3>`, born(declarant));
  out.push(line(field("Chức vụ/chức danh công tác", declarant.position)), line(field("Cơ quan/đơn vị công tác", declarant.unit)), line(field("Nơi thường trú", declarant.residence)), line(id(declarant)));
  out.push(`<h3>2. Vợ hoặc chồng của người kê khai tài sản, thu nhập</h3>`);
  if (spouse) out.push(born(spouse), line(field("Nghề nghiệp", spouse.occupation)), line(field("Nơi làm việc", spouse.workplace, 5)), line(field("Nơi thường trú", spouse.residence)), line(id(spouse)));
  else out.push(none());
  out.push(`<h3>3. Con chưa thành niên (con đẻ, con nuôi theo quy định của pháp luật)</h3>`);
  if (!children.length) out.push(none());
  children.forEach((one, index) => out.push(`<p>3.${index + 1}. Con thứ ${ORDINALS[index]}:</p>`, born(one), line(field("Nơi thường trú", one.residence)), line(id(one))));

  const assets = [];
  for (const item of ITEMS) {
    const level = /^\d+\. /.test(item.heading) ? "h3" : "p";
    assets.push(`<${level}>${escape(item.heading)}${note(item.note)}:</${level}>`);
    if (!item.code) continue;
    const own = all.filter((asset) => asset.code === item.code);
    if (!own.length) assets.push(none());
    const number = item.heading.split(" ")[0];
    own.forEach((asset, index) => {
      if (item.entry) assets.push(`<p>${number}${index + 1}. ${item.entry} ${ORDINALS[index]}:</p>`);
      for (const fields of item.fields) {
        const pairs = [];
        for (let at = 0; at < fields.length; at += 2) pairs.push(field(fields[at], asset.shown[fields[at + 1]]));
        if (look.joined || pairs.length === 1) assets.push(line(pairs.join('<i class="gap"></i>')));
        else pairs.forEach((pair) => assets.push(line(pair)));
      }
    });
  }

  const unchanged = truth.no_change ? ` ${v("Không có biến động")}` : "";
  const rows = ROWS.map(([label, code]) => {
    const own = changes.filter(({ truth }) => truth.code === code);
    const cells = own.length ? own : [null];
    return cells.map((one, index) => `<tr><td>${index ? "" : escape(label)}</td>${[one?.truth.quantity ?? "", one?.shown.value ?? "", one?.truth.explanation ?? ""].map((text) => `<td>${text ? v(text) : ""}</td>`).join("")}</tr>`).join("");
  }).join("");
  const table = (number) =>
    `<h2>${number}. BIẾN ĐỘNG TÀI SẢN, THU NHẬP; GIẢI TRÌNH NGUỒN GỐC CỦA TÀI SẢN, THU NHẬP TĂNG THÊM${note(29)}${unchanged}</h2>
<table><thead><tr><th rowspan="2">Loại tài sản, thu nhập</th><th colspan="2">Tăng${note(30)}/giảm${note(31)}</th><th rowspan="2">Nội dung giải trình nguồn gốc của tài sản tăng thêm và tổng thu nhập${note(32)}</th></tr><tr><th>Số lượng tài sản</th><th>Giá trị tài sản, thu nhập</th></tr></thead><tbody>${rows}</tbody></table>`;

  if (truth.form === "PL2") {
    out.push(table("II"), `<h2>III. THÔNG TIN MÔ TẢ VỀ TÀI SẢN TĂNG THÊM</h2>`, ...assets);
  } else {
    out.push(`<h2>II. THÔNG TIN MÔ TẢ VỀ TÀI SẢN${note(6)}</h2>`, ...assets);
    if (income) {
      out.push(`<h3>10. Tổng thu nhập giữa hai lần kê khai${note(28)}:</h3>`);
      const show = (amount) => (amount ? `${String(amount).replace(/\B(?=(\d{3})+$)/g, ".")} đồng` : luck.of(["0 đồng", "0"]));
      out.push(line(field("Tổng thu nhập của người kê khai", show(income.declarant))), line(field("Tổng thu nhập của vợ (hoặc chồng)", show(income.spouse))), line(field("Tổng thu nhập của con chưa thành niên", show(income.children))), line(field("Tổng các khoản thu nhập chung", show(income.common))));
      out.push(table("III"));
    }
  }

  const signed = (iso) => (iso ? `${luck.of(["", "......"])}, ngày ${v(iso.slice(8))} tháng ${v(iso.slice(5, 7))} năm ${v(iso.slice(0, 4))}` : `......, ngày ... tháng ... năm ......`);
  const { receipt } = truth;
  const scribble = (seed) => `<svg class="ink" viewBox="0 0 200 60" width="${luck.int(140, 200)}" height="50"><path d="M5 40 C ${luck.int(20, 60)} -10, ${luck.int(50, 90)} 80, ${luck.int(80, 120)} 25 S ${luck.int(120, 150)} ${luck.int(40, 60)}, ${luck.int(170, 195)} ${luck.int(5, 40)}" fill="none" stroke="currentColor" stroke-width="${luck.int(2, 3)}"/></svg>`;
  out.push(`<div class="sign"><div><p class="c">${signed(receipt?.received_on)}</p><p class="c b">NGƯỜI NHẬN BẢN KÊ KHAI</p><p class="c em">(Ký, ghi rõ họ tên, chức vụ/chức danh)</p>${receipt ? `${scribble()}<p class="c">${v(receipt.receiver_name)}</p><p class="c">${v(receipt.receiver_position)}</p>` : ""}</div>
<div><p class="c">${signed(truth.completed_on)}</p><p class="c b">NGƯỜI KÊ KHAI TÀI SẢN</p><p class="c em">(Ký, ghi rõ họ tên)</p>${scribble()}<p class="c">${v(declarant.full_name)}</p></div></div>`);

  const title = `<div class="head"><div><p class="c b">${escape(truth.agency_name)}</p></div><div><p class="c b">CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM</p><p class="c b u">Độc lập - Tự do - Hạnh phúc</p></div></div>
<h1>${TITLES[truth.kind]}${note(1)}</h1><p class="c em">(Ngày ${v(truth.completed_on.slice(8))} tháng ${v(truth.completed_on.slice(5, 7))} năm ${v(truth.completed_on.slice(0, 4))})${note(2)}</p>`;
  return `<!doctype html><html lang="vi"><meta charset="utf-8"><style>
@font-face { font-family: print; src: url("${look.print}") } @font-face { font-family: print; font-weight: bold; src: url("${look.bold}") }
${look.hand ? `@font-face { font-family: hand; src: url("${look.hand}") }` : ""}
@page { size: A4; margin: ${look.margin}mm }
body { margin: 0; font: ${look.size}pt/${look.leading} print; text-align: ${look.justify ? "justify" : "left"} }
p { margin: ${look.space}pt 0 } h1, h2, h3 { font-size: 1em; margin: ${look.space + 1}pt 0 } h1 { text-align: center } h2 + table { margin-top: 6pt }
.c { text-align: center } .b { font-weight: bold } .em { font-style: italic } .u { text-decoration: underline } .gap { display: inline-block; width: ${look.gap}em }
.head, .sign { display: flex; justify-content: space-between; gap: 1em } .head > div, .sign > div { flex: 1 } .sign { margin-top: 14pt; break-inside: avoid } .ink { display: block; margin: 0 auto; color: #1a2a6c }
table { border-collapse: collapse; width: 100% } td:first-child { width: ${look.firstColumn}% } td, th { border: 1px solid #000; padding: 2pt 4pt; vertical-align: top; text-align: left } th { text-align: center } td:nth-child(2), td:nth-child(3) { text-align: center } thead { display: ${look.repeatHead ? "table-header-group" : "table-row-group"} }
.v { ${look.hand ? `font-family: hand; font-size: ${look.handSize}em; line-height: 1; color: ${look.ink}; ${look.leaders ? "border-bottom: 1.5px dotted #555;" : ""}` : ""} }
sup { font-size: .65em; line-height: 0 }
</style><body>${title}${out.join("\n")}</body></html>`;
}
