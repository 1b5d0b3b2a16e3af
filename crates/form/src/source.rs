//! From the form file as written to the form as used: what is taken over from another form is copied in, compound
//! fields get their parts, notes become help keys.
use crate::{Field, Form, Item, Section};

/// Completes a form. `earlier` are the forms of the same rule set already completed.
pub fn resolve(mut form: Form, earlier: &[Form]) -> Result<Form, String> {
    if let Some(code) = form.extends.clone() {
        let base = earlier
            .iter()
            .find(|other| other.code == code)
            .ok_or_else(|| format!("mẫu {code} phải đứng trước mẫu {}", form.code))?;
        inherit(&mut form, base)?;
    }
    let code = form.code.clone();
    for field in form.header.fields.iter_mut() {
        complete(field, &form.compounds, &code)?;
    }
    for section in &mut form.sections {
        fill_help(&mut section.help, section.note, &code);
        for item in &mut section.items {
            complete_item(item, &form.asset_extras, &form.compounds, &code)?;
        }
        for column in section.table.iter_mut().flat_map(|table| &mut table.columns) {
            complete(column, &form.compounds, &code)?;
        }
    }
    Ok(form)
}

fn inherit(form: &mut Form, base: &Form) -> Result<(), String> {
    form.compounds = base.compounds.clone();
    form.asset_extras = base.asset_extras.clone();
    form.extras = base.extras.clone();
    form.signatures = base.signatures.clone();
    for section in &mut form.sections {
        let Some(code) = section.same_as.clone() else { continue };
        let model = base.section(&code).ok_or_else(|| format!("mẫu {} không có phần {code}", base.code))?;
        copy_section(section, model)?;
    }
    Ok(())
}

fn copy_section(section: &mut Section, model: &Section) -> Result<(), String> {
    for code in &section.without {
        if !model.items.iter().any(|item| item.code.as_ref() == Some(code)) {
            return Err(format!("phần {} bỏ mục {code} không tồn tại", section.code));
        }
    }
    let kept = model.items.iter().filter(|item| item.code.as_ref().is_none_or(|code| !section.without.contains(code)));
    section.items = kept.map(without_printed_notes).collect();
    if let (Some(table), Some(other)) = (&mut section.table, &model.table) {
        table.rows = other.rows.clone();
    }
    Ok(())
}

/// The other form prints its own note numbers; here they stay as help only.
fn without_printed_notes(item: &Item) -> Item {
    let mut item = item.clone();
    item.note = None;
    item.fields.iter_mut().for_each(|field| field.note = None);
    item
}

fn complete_item(
    item: &mut Item,
    asset_extras: &[Field],
    compounds: &indexmap::IndexMap<String, crate::model::Compound>,
    form: &str,
) -> Result<(), String> {
    fill_help(&mut item.help, item.note, form);
    if item.path == "assets[]" {
        for extra in asset_extras {
            if item.fields.iter().all(|field| field.key != extra.key) {
                item.fields.push(extra.clone());
            }
        }
    }
    item.fields.iter_mut().try_for_each(|field| complete(field, compounds, form))
}

fn complete(
    field: &mut Field,
    compounds: &indexmap::IndexMap<String, crate::model::Compound>,
    form: &str,
) -> Result<(), String> {
    fill_help(&mut field.help, field.note, form);
    if let Some(name) = &field.compound {
        let compound = compounds.get(name).ok_or_else(|| format!("trường {}: không có nhóm {name}", field.key))?;
        field.parts = compound.fields.clone();
    }
    Ok(())
}

fn fill_help(help: &mut Option<String>, note: Option<u32>, form: &str) {
    if help.is_none() {
        *help = note.map(|number| format!("{form}.{number}"));
    }
}
