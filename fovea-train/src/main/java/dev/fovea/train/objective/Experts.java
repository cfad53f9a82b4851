package dev.fovea.train.objective;

import dev.fovea.core.engine.CutPictures;
import dev.fovea.core.engine.TrainingPath;
import dev.fovea.core.model.ModelParts;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.train.data.AnswerBatch;
import dev.fovea.train.data.Patches;
import dev.fovea.world.TruthMaps;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * What is held against the thoughts about a picture: nothing of it learns.
 *
 * @param states of the untouched encoder behind each of its feature layers: {@code [layers][tokens, encoder width]}
 * @param pixels from 0 to 1: {@code [3, height, width]}
 * @param masks of its objects: {@code [objects, cells]}
 * @param nearness {@code [1, cells]}
 * @param edges {@code [cells]}
 * @param rows of cells
 * @param columns of cells
 */
record Experts(List<Tensor> states, Tensor pixels, Tensor masks, Tensor nearness, Tensor edges, int rows, int columns) {

    /** Those of all pictures of a batch, in the open scope. */
    static List<Experts> of(ModelParts plain, AnswerBatch batch) {
        try (Scope scope = Scope.inference()) {
            List<Tensor> layers = states(plain, batch);
            List<Experts> all = new ArrayList<>();
            for (int s = 0; s < batch.samples(); s++) {
                int sample = s;
                TruthMaps maps = batch.scenes().get(s).maps();
                if (maps == null) {
                    throw new IllegalArgumentException("Thoughts are held against maps of the truth, of which a batch"
                            + " has none; let its sampler make them.");
                }
                int cells = maps.rows() * maps.columns();
                float[] masks = new float[maps.masks().size() * cells];
                for (int m = 0; m < maps.masks().size(); m++) {
                    System.arraycopy(maps.masks().get(m), 0, masks, m * cells, cells);
                }
                all.add(new Experts(
                        layers.stream()
                                .map(layer -> scope.keep(layer.select(0, sample)))
                                .toList(),
                        scope.keep(Tensors.scale(
                                Patches.raw(FrozenEncoder.pixels(
                                        plain, batch.scenes().get(s).pixels())),
                                1 / 255.0)),
                        scope.keep(Tensors.of(masks, maps.masks().size(), cells)),
                        scope.keep(Tensors.of(maps.nearness(), 1, cells)),
                        scope.keep(Tensors.of(maps.edges(), cells)),
                        maps.rows(),
                        maps.columns()));
            }
            return all;
        }
    }

    private static List<Tensor> states(ModelParts plain, AnswerBatch batch) {
        int patches = plain.shape().patches();
        int values = batch.scenes().getFirst().pixels().length / patches;
        float[] pixels = new float[batch.samples() * patches * values];
        for (int s = 0; s < batch.samples(); s++) {
            System.arraycopy(batch.scenes().get(s).pixels(), 0, pixels, s * patches * values, patches * values);
        }
        int[] cells = IntStream.range(0, batch.samples() * patches)
                .map(i -> i % patches)
                .toArray();
        CutPictures cut = new CutPictures(
                Tensors.of(pixels, batch.samples(), patches, values),
                cells,
                plain.shape().gridRows(),
                plain.shape().gridCols(),
                true);
        int[] layers = IntStream.rangeClosed(1, plain.shape().featureLayers()).toArray();
        return TrainingPath.states(plain.vision(), plain.connector().grouping(), cut, layers).stream()
                .map(layer -> Tensors.to(layer, DType.F32))
                .toList();
    }

    /** What a head is given: states of a thought, and what it reads them against. */
    Tensor[] inputs(String head, Tensor thought) {
        List<Tensor> all = new ArrayList<>(List.of(thought));
        switch (head) {
            case "seg", "depth" -> all.addAll(states);
            case "edge" -> all.add(pixels);
            default -> {}
        }
        return all.toArray(Tensor[]::new);
    }

    /** Maps of patches as maps of cells, by bilinear interpolation: {@code [maps, patches] -> [maps, cells]}. */
    Tensor enlarged(Tensor maps, int gridRows, int gridCols) {
        Tensor grid = maps.view(1, maps.size(0), gridRows, gridCols);
        return torch.upsample_bilinear2d(
                        grid, new long[] {rows, columns}, false, new DoubleOptional(), new DoubleOptional())
                .view(maps.size(0), -1);
    }
}
