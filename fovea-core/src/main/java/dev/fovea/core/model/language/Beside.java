package dev.fovea.core.model.language;

import org.bytedeco.pytorch.Tensor;

/** What is added beside the maps of a decoder layer: to all rows of a batch, to some of them, or to none. */
@FunctionalInterface
public interface Beside {

    /** The maps of a layer beside which something may stand. */
    enum Place {
        QUERY,
        KEY,
        VALUE,
        OUT,
        /** The whole block behind the second norm, whatever it is made of. */
        MLP
    }

    /** Nothing. */
    Beside NOTHING = (place, output, input) -> output;

    /**
     * What a map gave, with what is added to it.
     *
     * @param output {@code [rows, out]}, of the type in which the map multiplies
     * @param input {@code [rows, in]}: what the map read
     */
    Tensor onto(Place place, Tensor output, Tensor input);
}
