/** Records of data sets: Parquet through DuckDB, JSON, tab-separated tables. */
@NullMarked
package dev.fovea.eval.suite.data;

import org.jspecify.annotations.NullMarked;
