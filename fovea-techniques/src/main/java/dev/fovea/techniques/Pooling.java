package dev.fovea.techniques;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.techniques.primitives.AveragePooling;
import dev.fovea.techniques.primitives.MergeBuilder;
import java.util.List;

/** The step that averages square blocks of the projected token grid. */
public final class Pooling {
    private Pooling() {}

    /**
     * Pools every picture with this kernel.
     *
     * @param technique named where a picture's grid is not whole, which is an error
     */
    public static Step step(int kernel, String technique) {
        return new Step(new Station.Projector(), List.of(), s -> {
            Shapes.requireWholeGrid(s.layout(), technique);
            MergeBuilder merge = new MergeBuilder();
            for (int[] block :
                    AveragePooling.blocks(s.layout().rows(), s.layout().cols(), kernel)) {
                merge.mean(block[0], block);
            }
            return Outcome.of(merge.build(Decision.Positions.ORIGINAL));
        });
    }
}
