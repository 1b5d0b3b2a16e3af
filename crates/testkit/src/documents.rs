//! Small documents made by hand, as tests of refusal want them: right in form, wrong in size, cut or encrypted.

/// A PDF with a page tree of `pages` pages, each with `content` and `resources`, and further objects from number
/// `4 + pages` on (ISO 32000-1, 7.5).
pub fn pdf(pages: usize, resources: &str, content: &str, extra: &[Vec<u8>]) -> Vec<u8> {
    let mut objects: Vec<Vec<u8>> = vec![
        b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
        {
            let kids: String = (0..pages).map(|n| format!("{} 0 R ", n + 4)).collect();
            format!("<</Type/Pages/Count {pages}/Kids[{kids}]>>").into_bytes()
        },
        format!("<</Length {}>>stream\n{content}\nendstream", content.len()).into_bytes(),
    ];
    let page = format!("<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 3 0 R/Resources<<{resources}>>>>");
    objects.extend((0..pages).map(|_| page.clone().into_bytes()));
    objects.extend(extra.iter().cloned());
    let mut out = b"%PDF-1.4\n".to_vec();
    let mut offsets = Vec::new();
    for (number, object) in objects.iter().enumerate() {
        offsets.push(out.len());
        out.extend(format!("{} 0 obj\n", number + 1).bytes());
        out.extend(object);
        out.extend(b"\nendobj\n");
    }
    let start = out.len();
    out.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).bytes());
    offsets.iter().for_each(|offset| out.extend(format!("{offset:010} 00000 n \n").bytes()));
    out.extend(format!("trailer<</Size {}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n", objects.len() + 1).bytes());
    out
}

/// A grey PNG that says it is `width` × `height` pixels and holds none of them.
pub fn png_without_pixels(width: u32, height: u32) -> Vec<u8> {
    let mut head = b"IHDR".to_vec();
    head.extend(width.to_be_bytes());
    head.extend(height.to_be_bytes());
    head.extend(b"\x08\0\0\0\0");
    let mut out = b"\x89PNG\r\n\x1a\n\0\0\0\r".to_vec();
    let checksum = crc32(&head);
    out.append(&mut head);
    out.extend(checksum.to_be_bytes());
    out.extend(b"\0\0\0\x01IDAT\0");
    out.extend(crc32(b"IDAT\0").to_be_bytes());
    out
}

/// The checksum of a PNG's chunk (ISO/IEC 15948, annex D).
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |mut crc, byte| {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { 0xEDB8_8320 ^ (crc >> 1) } else { crc >> 1 };
        }
        crc
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_checksum_is_the_standards() {
        assert_eq!(super::crc32(b"123456789"), 0xCBF4_3926);
    }
}
