//! Development only: drives the real binary from outside (crash tests, load, benchmarks). Never shipped.
//!
//! Nothing here links the service: what is proven is what a person, a program or a power cut can do to it.
pub mod browser;
pub mod documents;
pub mod http;
pub mod needles;
pub mod peer;
pub mod post_office;
pub mod postgres;
pub mod service;
pub mod world;

/// The middle value; of an even number the lower middle.
///
/// # Panics
/// When there is none.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[(sorted.len() - 1) / 2]
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_median_ignores_order_and_extremes() {
        assert_eq!(super::median(&[9.0, 1.0, 2.0, 1000.0, 3.0]), 3.0);
        assert_eq!(super::median(&[4.0, 1.0]), 1.0);
    }
}
