// Files an office may be handed that cannot be read, made here byte by byte; none of them is kept in the repository.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");

/** A paper of the practice world. */
export const sample = (name) => readFileSync(join(root, "crates/minhbach/src/practice/samples", name));

/** The same paper in another file: other bytes, hence another original. */
export const copyOf = (name, mark) => Buffer.concat([sample(name), Buffer.from(`\n% ${mark}\n`)]);

export const upload = (name, buffer, mimeType = "application/pdf") => ({ name, mimeType, buffer });

/** A PDF with this many empty pages. */
export function pdf(pages) {
  const kids = Array.from({ length: pages }, (_, n) => `${n + 4} 0 R`).join(" ");
  const objects = [
    "<</Type/Catalog/Pages 2 0 R>>",
    `<</Type/Pages/Count ${pages}/Kids[${kids}]>>`,
    "<</Length 16>>stream\n0 0 m 10 10 l S \nendstream",
    ...Array(pages).fill("<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 3 0 R/Resources<<>>>>"),
  ];
  let text = "%PDF-1.4\n";
  let xref = `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n`;
  objects.forEach((object, n) => {
    xref += `${String(text.length).padStart(10, "0")} 00000 n \n`;
    text += `${n + 1} 0 obj\n${object}\nendobj\n`;
  });
  const start = text.length;
  return Buffer.from(`${text}${xref}trailer<</Size ${objects.length + 1}/Root 1 0 R>>\nstartxref\n${start}\n%%EOF\n`, "latin1");
}

function crc32(bytes) {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

/** A PNG whose header states this size; of its pixels there is one byte. */
export function png(width, height) {
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8;
  return Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), chunk("IHDR", header), chunk("IDAT", Buffer.of(0))]);
}

/** Name, bytes and the sentence each has to be refused with. */
export const unreadable = () => [
  { ...upload("chương trình.pdf", Buffer.from("MZ\x90\0\x03\0\0\0 This program cannot be run in DOS mode.", "latin1")), told: /Tệp là chương trình máy tính, không phải bản quét/ },
  { ...upload("rỗng.pdf", Buffer.alloc(0)), told: /Tệp rỗng, không có nội dung để đọc/ },
  { ...upload("cắt cụt.pdf", pdf(3).subarray(0, 500)), told: /Tệp bị cắt cụt hoặc hỏng/ },
  { ...upload("có mật khẩu.pdf", readFileSync(join(root, "crates/paper/tests/data/encrypted.pdf"))), told: /Tệp PDF được đặt mật khẩu/ },
  { ...upload("khổ lớn.png", png(30_000, 30_000), "image/png"), told: /30\.000 × 30\.000 điểm ảnh/ },
  { ...upload("năm nghìn trang.pdf", pdf(5_000)), told: /Tệp có 5\.000 trang; mỗi lần tải lên đọc tối đa 60 trang/ },
  { ...upload("văn bản.docx", Buffer.from("PK\x03\x04 a word processor's file", "latin1"), "application/zip"), told: /Tệp không phải là PDF, TIFF, JPEG hoặc PNG/ },
];
