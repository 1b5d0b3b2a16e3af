//! Small papers for uploads: every one different, none a declaration, all quickly judged.
use crate::Request;

/// The n-th paper: a page with a number on it, every other one cut off in the middle.
pub fn request(n: usize, token: &str) -> Request {
    let mut body = one_page(&format!("so {n}"));
    if n % 2 == 1 {
        body.truncate(body.len() / 2);
    }
    Request {
        path: "/api/v1/intakes".into(),
        token: token.to_owned(),
        media_type: "application/pdf",
        body,
        key: format!("crash-paper-{n}"),
        obligation: None,
    }
}

/// A PDF of one small page with one line of text (ISO 32000-1, 7.5).
fn one_page(text: &str) -> Vec<u8> {
    let stream = format!("BT /F1 12 Tf 20 60 Td ({text}) Tj ET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 120] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>".to_owned(),
        format!("<< /Length {} >>\nstream\n{stream}\nendstream", stream.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    // In the head too: papers cut off in the middle must differ, or they would rightly be one.
    let mut pdf = format!("%PDF-1.4\n% {text}\n").into_bytes();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (number, object) in objects.iter().enumerate() {
        table += &format!("{:010} 00000 n \n", pdf.len());
        pdf.extend(format!("{} 0 obj\n{object}\nendobj\n", number + 1).into_bytes());
    }
    let start = pdf.len();
    pdf.extend(
        format!("{table}trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n", objects.len() + 1)
            .into_bytes(),
    );
    pdf
}
