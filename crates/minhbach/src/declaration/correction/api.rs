use utoipa_axum::router::OpenApiRouter; pub fn routes() -> OpenApiRouter<crate::kernel::App> { OpenApiRouter::new() }
