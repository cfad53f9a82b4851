/**
 * Selection arithmetic that techniques share: ranking with a fixed tie rule, grids, pooling, diversification, matching,
 * clustering, outliers, entropy, quantiles. Pure functions on plain arrays; ties go to the lower index everywhere.
 */
@NullMarked
package dev.fovea.techniques.primitives;

import org.jspecify.annotations.NullMarked;
