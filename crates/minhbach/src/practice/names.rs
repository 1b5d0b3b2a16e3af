//! Invented people. Any likeness is chance.
const FAMILY: [&str; 12] = ["Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Phan", "Vũ", "Đặng", "Bùi", "Đỗ", "Hồ", "Đinh"];
const MIDDLE_MALE: [&str; 6] = ["Văn", "Đức", "Minh", "Quốc", "Hữu", "Thanh"];
const MIDDLE_FEMALE: [&str; 6] = ["Thị", "Thu", "Ngọc", "Thanh", "Kim", "Mai"];
const GIVEN_MALE: [&str; 10] = ["An", "Bình", "Cường", "Dũng", "Hải", "Khánh", "Long", "Phúc", "Sơn", "Thắng"];
const GIVEN_FEMALE: [&str; 10] = ["Hạnh", "Hoa", "Hương", "Lan", "Linh", "Mai", "Nga", "Phượng", "Thảo", "Yến"];

/// An invented person.
#[derive(Debug, Clone)]
pub struct Invented {
    pub name: String,
    pub dob: chrono::NaiveDate,
    pub id_no: String,
}

/// The n-th person: the same n is always the same person.
pub fn person(n: usize) -> Invented {
    let female = n % 2 == 1;
    let (middle, given) = if female {
        (MIDDLE_FEMALE[(n / 2) % MIDDLE_FEMALE.len()], GIVEN_FEMALE[(n * 7 / 3) % GIVEN_FEMALE.len()])
    } else {
        (MIDDLE_MALE[(n / 2) % MIDDLE_MALE.len()], GIVEN_MALE[(n * 5 / 2) % GIVEN_MALE.len()])
    };
    let name = format!("{} {middle} {given}", FAMILY[(n * 5) % FAMILY.len()]);
    let year = 1966 + (n * 11 % 30) as i32;
    let dob = chrono::NaiveDate::from_ymd_opt(year, 1 + (n * 7 % 12) as u32, 1 + (n * 13 % 28) as u32)
        .expect("a day of the calendar");
    // Province of birth, century and sex, year, six digits (Nghị định 137/2015; govit.md §3.3).
    let id_no = format!("051{}{:02}{:06}", u8::from(female), year % 100, (100_003 + n * 7_919) % 1_000_000);
    Invented { name, dob, id_no }
}
