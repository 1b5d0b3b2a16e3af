// Invented declarations: what stands on the paper, and what a reader should make of it. Nobody is meant; places are official.
import { readFileSync } from "node:fs";

const csv = (name) =>
  readFileSync(new URL(`../crates/viet/data/${name}.csv`, import.meta.url), "utf8").trim().split("\n").map((row) => row.split(","));
const provinces = new Map(csv("old_provinces").map(([code, , kind, name]) => [code, { kind, name }]));
const districts = new Map(csv("old_districts").map(([code, province, kind, name]) => [code, { province, kind, name }]));
const oldCommunes = csv("old_communes").map(([, district, kind, name]) => ({ district, kind, name }));
const today = csv("units_2025-07-01");
const newProvinces = new Map(today.filter(([, parent]) => !parent).map(([code, , kind, name]) => [code, { kind, name }]));
const newCommunes = today.filter(([, parent]) => parent).map(([, province, kind, name]) => ({ province, kind, name }));
const KINDS = { tp: "thành phố", t: "tỉnh", q: "quận", h: "huyện", tx: "thị xã", p: "phường", x: "xã", tt: "thị trấn", dk: "đặc khu" };
const unit = ({ kind, name }) => `${KINDS[kind] ?? kind} ${name}`;

const FAMILY = "Nguyễn Trần Lê Phạm Hoàng Huỳnh Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý Đinh Trịnh Đoàn Lương Mai Tô Quách Thái Cao Châu Nghiêm Triệu".split(" ");
const MIDDLE = [
  "Văn Đức Minh Quốc Hữu Thanh Xuân Công Đình Trọng Bá Duy Tuấn Hoàng".split(" "),
  "Thị Thu Ngọc Thanh Kim Mai Thùy Bích Diệu Phương Mỹ Hồng".split(" "),
];
const GIVEN = [
  "An Bình Cường Dũng Hải Khánh Long Phúc Sơn Thắng Tuấn Kiên Nghĩa Quyết Đạt Hưng Lộc Thuận Vinh Trường Hiếu Đăng".split(" "),
  "Hạnh Hoa Hương Lan Linh Nga Phượng Thảo Yến Quỳnh Trang Nhung Thủy Uyên Hằng Giang Hiền Ngân Vy Dung Ánh".split(" "),
];
const ETHNIC = [
  ["Y Moan Êban", "Y Bhuăt Niê", "Rơ Châm Hyơh", "Lò Văn Ứng", "Giàng A Páo", "Điểu K'Ré", "Thạch Sô Phiên", "Bàn Văn Đức"],
  ["H'Hen Niê", "Vàng Thị Súa", "Ksor H'Yar", "Cầm Thị Chiêu", "Sùng Thị Mỷ", "Kim Thị Sa Rây", "Đinh Thị Hlao", "Hoàng Thị Thu"],
];
const STREETS = "Trần Phú|Lê Lợi|Nguyễn Huệ|Quang Trung|Hai Bà Trưng|Điện Biên Phủ|Phan Đình Phùng|Lý Thường Kiệt|Trường Chinh|Cách Mạng Tháng Tám|Ngô Quyền|30 Tháng 4".split("|");
const OFFICES = ["Sở Tài chính", "Sở Xây dựng", "Sở Y tế", "Sở Nội vụ", "Sở Tư pháp", "Sở Giáo dục và Đào tạo", "Sở Khoa học và Công nghệ", "Thanh tra", "Ban Quản lý dự án"];
const POSITIONS = ["Giám đốc", "Phó Giám đốc", "Chánh Văn phòng", "Kế toán trưởng", "Trưởng phòng Tổ chức", "Phó Trưởng phòng Kế hoạch - Tài chính", "Chuyên viên chính", "Thanh tra viên", "Chủ tịch Ủy ban nhân dân", "Phó Chủ tịch Hội đồng nhân dân"];
const JOBS = ["Giáo viên", "Bác sĩ", "Kỹ sư", "Kinh doanh", "Nội trợ", "Công nhân", "Cán bộ hưu trí", "Nhân viên ngân hàng", "Luật sư"];
const WORKPLACES = ["Trường THPT Lê Hồng Phong", "Bệnh viện Đa khoa tỉnh", "Công ty TNHH Minh Phát", "Công ty Cổ phần Xây dựng số 5", "làm việc tự do", "nghỉ hưu", "Ngân hàng TMCP Ngoại thương Việt Nam"];
const BANKS = ["Ngân hàng TMCP Ngoại thương Việt Nam", "Ngân hàng TMCP Đầu tư và Phát triển Việt Nam", "Ngân hàng TMCP Quân đội", "Ngân hàng Nông nghiệp và Phát triển nông thôn", "Ngân hàng TMCP Sài Gòn Thương Tín"];
const ID_PLACE = "Cục Cảnh sát quản lý hành chính về trật tự xã hội";
const OTHER = ["không", "đang cho thuê", "mua chung với anh ruột, góp 50%", "nhận chuyển nhượng, đang làm thủ tục sang tên", "đang thế chấp tại ngân hàng"];
const REASONS = ["Mua từ tiền tiết kiệm nhiều năm của gia đình", "Tiết kiệm từ thu nhập trong năm", "Được cha mẹ tặng cho theo hợp đồng công chứng", "Mua từ tiền lương và tiền bán đất"];

const pad = (n, width = 2) => String(n).padStart(width, "0");
const group = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, ".");
const decimal = (n) => String(n).replace(".", ",");

/** A declaration of the n-th document: `truth` as the README of the sample scans has it, and `shown` texts by path. */
export function invent(luck) {
  const year = luck.int(2021, 2025);
  const threeLevels = year < 2025;
  const form = luck.is(0.15) ? "PL2" : "PL1";
  const kind = form === "PL2" ? "SUPPLEMENT" : luck.of(["FIRST", "ANNUAL", "ANNUAL", "PERSONNEL"]);
  const home = place(luck, threeLevels);
  const female = luck.is(0.5) ? 1 : 0;
  const declarant = person(luck, female, luck.int(1965, 1992), home, year);
  Object.assign(declarant.truth, { position: luck.of(POSITIONS) });
  const office = luck.is(0.4) ? `Ủy ban nhân dân ${home.commune}` : `${luck.of(OFFICES)} ${home.province}`;
  declarant.truth.unit = office;
  const married = luck.is(0.8);
  const spouse = married ? person(luck, 1 - female, luck.int(1965, 1992), home, year) : null;
  if (spouse) Object.assign(spouse.truth, { occupation: luck.of(JOBS), workplace: luck.of(WORKPLACES) });
  const children = married ? Array.from({ length: luck.of([0, 1, 1, 2, 2, 3]) }, () => child(luck, declarant, home, year)) : [];
  const owners = { one: declarant.truth.full_name, both: spouse && (female ? `ông ${spouse.truth.full_name} và bà ${declarant.truth.full_name}` : `ông ${declarant.truth.full_name} và bà ${spouse.truth.full_name}`) };
  const all = Object.keys(ASSETS).flatMap((code) => Array.from({ length: ASSETS[code].count(luck) }, () => ASSETS[code].make(luck, owners, threeLevels, year)).map((asset) => ({ code, ...asset })));
  const first = kind === "FIRST";
  const income = form === "PL1" && !first ? { declarant: money(luck, 180, 600), spouse: married ? money(luck, 0, 500) : 0, children: 0, common: luck.is(0.3) ? money(luck, 20, 200) : 0 } : null;
  const moved = first ? [] : all.filter(() => luck.is(form === "PL2" ? 0.8 : 0.25)).filter((asset, index, list) => list.findIndex((other) => row(other.code) === row(asset.code)) === index);
  const changes = moved.map((asset) => change(luck, asset));
  if (income) {
    const total = income.declarant + income.spouse + income.children + income.common;
    const parts = income.common ? `; cho thuê nhà: ${group(income.common)}` : "";
    changes.push({ truth: { code: "INCOME", quantity: null, value: total, explanation: `Lương, phụ cấp, thưởng: ${group(total - income.common)}${parts}` }, shown: { value: group(total) } });
  }
  const completed = `${year}-${pad(luck.int(11, 12))}-${pad(luck.int(1, 20))}`;
  const receipt = luck.is(0.85) ? { received_on: later(completed, luck.int(0, 9)), receiver_name: name(luck, luck.int(0, 1)), receiver_position: luck.of(["Chuyên viên Văn phòng", "Phó Chánh Văn phòng", "Trưởng phòng Tổ chức"]) } : null;
  const truth = {
    form, kind, agency_name: office.toUpperCase(), completed_on: completed,
    declarant: declarant.truth, spouse: spouse?.truth ?? null, children: children.map((one) => one.truth),
    assets: all.map((asset) => ({ code: asset.code, ...asset.truth })), income,
    no_change: first ? null : moved.length === 0, changes: changes.map((one) => one.truth), receipt,
  };
  return { truth, all, changes, moved };
}

function name(luck, female) {
  if (luck.is(0.07)) return luck.of(ETHNIC[female]);
  const middle = luck.of(MIDDLE[female]);
  const second = luck.is(0.2) ? ` ${luck.of(GIVEN[female])}` : "";
  return `${luck.of(FAMILY)} ${middle}${second} ${luck.of(GIVEN[female])}`;
}

function place(luck, threeLevels) {
  const below = luck.of([`thôn ${luck.int(1, 12)}`, `tổ dân phố ${luck.int(1, 20)}`, `ấp ${luck.int(1, 10)}`, `buôn ${luck.int(1, 9)}`, `khu phố ${luck.int(1, 9)}`, `số ${luck.int(2, 320)}, đường ${luck.of(STREETS)}`, `số ${luck.int(2, 90)}/${luck.int(2, 40)}, đường ${luck.of(STREETS)}`]);
  if (!threeLevels) {
    const commune = luck.of(newCommunes);
    const province = unit(newProvinces.get(commune.province));
    return { commune: unit(commune), province, text: `${below}, ${unit(commune)}, ${province}` };
  }
  const commune = luck.of(oldCommunes);
  const district = districts.get(commune.district);
  const province = unit(provinces.get(district.province));
  return { commune: unit(commune), province, text: `${below}, ${unit(commune)}, ${unit(district)}, ${province}` };
}

const later = (day, days) => new Date(Date.parse(day) + days * 86400000).toISOString().slice(0, 10);
const date = (luck, year) => `${year}-${pad(luck.int(1, 12))}-${pad(luck.int(1, 28))}`;

/** Structure of the number: Nghị định 137/2015/NĐ-CP as digested in govit.md §3.3. */
function number(luck, female, born) {
  const century = born >= 2000 ? 2 : 0;
  return `0${pad(luck.int(1, 96))}${century + female}${pad(born % 100)}${pad(luck.int(1, 999999), 6)}`;
}

function person(luck, female, born, home, year) {
  return { truth: { full_name: name(luck, female), dob: date(luck, born), residence: home.text, id_no: number(luck, female, born), id_date: date(luck, luck.int(2021, Math.min(year - 1, 2024)) || 2021), id_place: year >= 2024 && luck.is(0.3) ? "Bộ Công an" : ID_PLACE } };
}

function child(luck, parent, home, year) {
  const female = luck.int(0, 1);
  const born = luck.int(year - 17, year - 3);
  const truth = { full_name: `${parent.truth.full_name.split(" ")[0]} ${luck.of(MIDDLE[female])} ${luck.of(GIVEN[female])}`, dob: date(luck, born), residence: home.text, id_no: null, id_date: null, id_place: null };
  if (year - born >= 14) Object.assign(truth, { id_no: number(luck, female, born), id_date: date(luck, Math.max(2021, year - 1)), id_place: ID_PLACE });
  return { truth };
}

/** Whole millions of đồng, so that every way of writing it is exact. */
const money = (luck, from, to) => luck.int(from, to) * 1_000_000;

function written(luck, amount) {
  const ways = [`${group(amount)} đồng`, `${group(amount)} đồng`, `${group(amount)}đ`, `${group(amount)} VNĐ`];
  if (amount >= 1e9 && amount % 1e7 === 0) ways.push(`${decimal(amount / 1e9)} tỷ đồng`, `${decimal(amount / 1e9)} tỷ`);
  if (amount < 1e9) ways.push(`${amount / 1e6} triệu đồng`);
  return luck.of(ways);
}

function value(luck, from, to) {
  const coin = luck.next();
  if (coin < 0.03) {
    const reason = luck.of(["tài sản sử dụng đã quá lâu", "không có giao dịch tương tự để tham khảo"]);
    return { truth: { kind: "UNDETERMINED", reason }, shown: `không xác định được giá trị, lý do: ${reason}` };
  }
  const amount = Math.round(money(luck, from, to) / 5e6) * 5e6;
  if (coin < 0.1) return { truth: { kind: "ESTIMATED", amount }, shown: `${written(luck, amount)} (giá trị ước tính)` };
  return { truth: { kind: "STATED", amount }, shown: written(luck, amount) };
}

function area(luck, big) {
  if (big && luck.is(0.3)) {
    const ha = luck.int(2, 90) / 10;
    return { truth: Math.round(ha * 10000), shown: `${decimal(ha)} ha` };
  }
  const m2 = luck.is(0.6) ? luck.int(400, 9000) / 10 : luck.int(40, big ? 9000 : 900);
  return { truth: m2, shown: luck.is(0.3) ? `${decimal(m2)}m2` : `${luck.is(0.5) && m2 >= 1000 && Number.isInteger(m2) ? group(m2) : decimal(m2)} m²`.replace("²", luck.is(0.5) ? "2" : "²") };
}

function certificate(luck, owners, what) {
  if (luck.is(0.12)) return { truth: { status: "NOT_ISSUED" }, shown: `chưa được cấp giấy chứng nhận ${what}` };
  const grantee = owners.both && luck.is(0.4) ? owners.both : owners.one;
  const serial = `${luck.of(["BK", "CS", "CT", "DA", "CH", "AD", "BM"])} ${pad(luck.int(1, 999999), 6)}`;
  if (luck.is(0.2)) {
    const register = `CH ${pad(luck.int(1, 99999), 5)}`;
    return { truth: { status: "ISSUED", number: serial, register_number: register, grantee }, shown: `số ${serial}, số vào sổ ${register}, tên người được cấp: ${grantee}` };
  }
  return { truth: { status: "ISSUED", number: serial, grantee }, shown: `số ${serial}, tên người được cấp: ${grantee}` };
}

const some = (share, most = 1) => (luck) => (luck.is(share) ? luck.int(1, most) : 0);
const land = (luck, owners, threeLevels, extra, big) => {
  const [where, size, worth, paper] = [place(luck, threeLevels).text, area(luck, big), value(luck, 200, 6000), certificate(luck, owners, "quyền sử dụng đất")];
  const other = luck.of(OTHER);
  return { truth: { ...extra, address: where, area_m2: size.truth, value: worth.truth, certificate: paper.truth, other }, shown: { ...extra, address: where, area_m2: size.shown, value: worth.shown, certificate: paper.shown, other }, quantity: [`${decimal(size.truth)} m2`, "01"] };
};
const simple = (names, from, to, rest = () => ({})) => (luck) => {
  const worth = value(luck, from, to);
  const more = rest(luck);
  const what = luck.of(names);
  return { truth: { name: what, ...(more.truth ?? {}), value: worth.truth }, shown: { name: what, ...(more.shown ?? more.truth ?? {}), value: worth.shown }, quantity: more.quantity ?? ["01"] };
};
const counted = (make) => (luck) => {
  const quantity = make(luck);
  return { truth: { quantity }, quantity: [quantity] };
};

/** The items of section II in the form's order. */
const ASSETS = {
  LAND_RES: { count: (luck) => luck.of([0, 1, 1, 1, 2, 3, 8]), make: (luck, owners, three) => land(luck, owners, three, {}, false) },
  LAND_OTHER: { count: some(0.4, 2), make: (luck, owners, three) => land(luck, owners, three, { land_type: luck.of(["Đất trồng lúa", "Đất trồng cây lâu năm", "Đất rừng sản xuất", "Đất thương mại, dịch vụ"]) }, true) },
  HOUSE: {
    count: some(0.7, 2),
    make: (luck, owners, three) => {
      const base = land(luck, owners, three, {}, false);
      const house_type = luck.of(["căn hộ", "nhà ở riêng lẻ"]);
      const fix = ({ address, area_m2, value, certificate, other }) => ({ address, house_type, floor_area_m2: area_m2, value, certificate, other });
      return { truth: fix(base.truth), shown: { ...fix(base.shown), certificate: base.shown.certificate.replace("quyền sử dụng đất", "quyền sở hữu") }, quantity: base.quantity };
    },
  },
  STRUCTURE: {
    count: some(0.12),
    make: (luck, owners, three) => {
      const base = land(luck, owners, three, {}, false);
      const extra = { name: luck.of(["Nhà xưởng", "Kiốt cho thuê", "Nhà kho"]), structure_type: luck.of(["công trình dân dụng", "công trình công nghiệp"]), structure_grade: luck.of(["cấp III", "cấp IV"]) };
      return { truth: { ...extra, ...base.truth }, shown: { ...extra, ...base.shown, certificate: base.shown.certificate.replace("quyền sử dụng đất", "quyền sở hữu") }, quantity: base.quantity };
    },
  },
  TREE: { count: some(0.12), make: simple(["Hồ tiêu", "Cà phê", "Cao su", "Sầu riêng"], 50, 900, counted((luck) => `${luck.int(50, 3000)} cây`)) },
  FOREST: {
    count: some(0.08),
    make: simple(["Keo lai", "Bạch đàn", "Rừng thông"], 60, 900, (luck) => {
      const ha = luck.int(5, 90) / 10;
      return { truth: { area_m2: Math.round(ha * 10000) }, shown: { area_m2: `${decimal(ha)} ha` }, quantity: [`${decimal(ha)} ha`] };
    }),
  },
  FIXTURE: { count: some(0.08), make: simple(["Giếng khoan công nghiệp", "Bể nước", "Hệ thống tưới"], 50, 400, counted((luck) => `${luck.int(1, 4)} cái`)) },
  PRECIOUS: { count: some(0.3, 2), make: simple(["Vàng SJC", "Vàng nhẫn 9999", "Kim cương"], 60, 900, counted((luck) => luck.of([`${luck.int(1, 20)} lượng`, `${luck.int(5, 90)} chỉ`]))) },
  MONEY: { count: (luck) => luck.of([0, 1, 1, 2, 3]), make: (luck) => simple([`Tiền gửi tiết kiệm tại ${luck.of(BANKS)}`, "Tiền cho vay", "Tiền mặt"], 50, 3000)(luck) },
  SHARE: { count: some(0.2, 2), make: simple(["Cổ phiếu HPG", "Cổ phiếu FPT", "Cổ phiếu VNM", "Cổ phiếu MBB"], 50, 900, counted((luck) => group(luck.int(10, 90) * 100))) },
  BOND: { count: some(0.08), make: simple(["Trái phiếu Chính phủ", "Trái phiếu doanh nghiệp"], 100, 900, counted((luck) => group(luck.int(10, 900)))) },
  CAPITAL: { count: some(0.1), make: simple(["Góp vốn trực tiếp vào Công ty TNHH Tân Thành", "Góp vốn gián tiếp vào Công ty TNHH Minh Phát"], 100, 2000) },
  PAPER: { count: some(0.06), make: simple(["Chứng chỉ quỹ mở", "Chứng chỉ tiền gửi"], 60, 500) },
  REGISTERED: { count: some(0.5, 2), make: simple(["Xe ô tô Toyota Vios", "Xe ô tô Mazda CX-5", "Xe ô tô VinFast VF8", "Xe mô tô Honda SH 150i", "Xe ô tô Kia Morning"], 60, 1800, (luck) => ({ truth: { registration: `${luck.int(11, 99)}${luck.of(["A", "C", "D", "E", "H", "K"])}-${luck.int(100, 999)}.${pad(luck.int(0, 99))}` } })) },
  OTHER: { count: some(0.12), make: simple(["Cây cảnh nghệ thuật", "Bộ bàn ghế gỗ gụ", "Tranh sơn dầu"], 50, 500, (luck) => ({ truth: { first_year: luck.int(1998, 2021) } })) },
  FOREIGN_ASSET: { count: some(0.04), make: simple(["Căn hộ chung cư", "Cổ phần công ty"], 900, 9000, (luck) => ({ truth: { country: luck.of(["Hoa Kỳ", "Úc", "Xinh-ga-po"]) } })) },
};

const row = (code) => (code === "TREE" || code === "FOREST" ? "TREE_OR_FOREST" : code);

function change(luck, asset) {
  const gone = luck.is(0.15);
  const amount = asset.truth.value.amount ?? money(luck, 100, 900);
  const quantity = `${gone ? "-" : "+"} ${luck.of(asset.quantity)}`;
  return { truth: { code: row(asset.code), quantity, value: amount, explanation: gone ? "Giảm do bán" : luck.of(REASONS) }, shown: { value: group(amount) } };
}
