//! Workbooks through the real router and database.
