/**
 * Models of Fovea over pictures in a DataFrame of Apache Spark: answers, embeddings and contests of techniques, with one
 * model to an executor. Begin at {@link dev.fovea.spark.FoveaSpark}.
 */
@NullMarked
package dev.fovea.spark;

import org.jspecify.annotations.NullMarked;
