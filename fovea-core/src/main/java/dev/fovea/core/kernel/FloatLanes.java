package dev.fovea.core.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** The widest vectors of f32 that this machine has; not to be touched where the JVM has none. */
final class FloatLanes {
    static final VectorSpecies<Float> F = FloatVector.SPECIES_PREFERRED;
    static final int COUNT = F.length();

    private FloatLanes() {}
}
