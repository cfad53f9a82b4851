package dev.fovea.core.engine;

import dev.fovea.core.model.connector.Grouping;
import dev.fovea.core.model.vision.VisionEncoder;
import dev.fovea.core.model.vision.VisionOptions;
import dev.fovea.core.path.Ledger;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Part;
import dev.fovea.core.path.Seen;
import dev.fovea.core.path.Signal;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Pictures as they enter the blocks of the vision encoder: framed, cut into patches, embedded, and laid end to end with
 * the patches of each token beside each other.
 *
 * @param grouping which patches make which token
 * @param features how many layers' features are taken of each picture
 */
record EncoderEmbedding(VisionEncoder encoder, Grouping grouping, int features) {

    /**
     * Pictures that are about to enter the first block.
     *
     * @param states {@code [total rows, width]}
     */
    record Embedded(List<EncodingImage> images, Tensor states) {}

    /** Pictures cut into patches already, under no plan. */
    Embedded of(CutPictures pictures) {
        List<EncodingImage> images = new ArrayList<>();
        VisionOptions o = encoder.options();
        boolean prefix = pictures.prefix();
        EncoderRows cut = new EncoderRows(prefix && o.classToken(), prefix ? o.registers() : 0, grouping.patches());
        for (int i = 0; i < pictures.count(); i++) {
            Ledger.Grid grid = new Ledger.Grid(pictures.rows(), pictures.cols(), i, new Part.Whole(), grouping.side());
            VisualTokens whole = VisualTokens.ofCells(grid.tokens());
            images.add(new EncodingImage(
                    new Framing.Framed(pictures.input(i), grid, List.of()),
                    grid,
                    cut,
                    features,
                    whole.keep(pictures.cells(i))));
        }
        Tensor x = encoder.embed(
                pictures.patches(),
                pictures.patchCells(grouping),
                pictures.rows() * grouping.side(),
                pictures.cols() * grouping.side(),
                pictures.prefix());
        return new Embedded(images, x.reshape(-1, x.size(2)));
    }

    /** Pictures as they were prepared, each with the plan that frames it. */
    Embedded of(List<ImageInput> given) {
        List<EncodingImage> images = new ArrayList<>();
        Framing framing = new Framing(tokenPixels(), grouping.side());
        List<Framing.Framed> framed = given.stream().map(framing::of).toList();
        List<ImageInput> inputs = framed.stream().map(Framing.Framed::input).toList();
        List<Tensor> parts = new ArrayList<>();
        int from = 0;
        while (from < inputs.size()) {
            // Neighbours of one size are embedded together.
            int to = from + 1;
            long[] shape = Tensors.shape(inputs.get(from).pixels());
            while (to < inputs.size()
                    && Arrays.equals(shape, Tensors.shape(inputs.get(to).pixels()))) {
                to++;
            }
            Tensor[] same = inputs.subList(from, to).stream()
                    .map(i -> i.pixels().unsqueeze(0))
                    .toArray(Tensor[]::new);
            Tensor embedded = encoder.embed(Tensors.cat(0, same));
            for (int i = from; i < to; i++) {
                ImageInput input = inputs.get(i);
                EncodingImage state =
                        new EncodingImage(framed.get(i), framing.grid(input), rows(input.seen(), embedded), features);
                images.add(state);
                measurePixels(state);
            }
            parts.add(together(embedded, shape, images.subList(from, to)));
            from = to;
        }
        return new Embedded(images, Tensors.cat(0, parts.toArray(Tensor[]::new)));
    }

    /** Side of the square of pixels that a token stands for. */
    private int tokenPixels() {
        return encoder.options().patches().size() * grouping.side();
    }

    /** How the rows of an image stand of which this much is seen. */
    private EncoderRows rows(@Nullable Seen seen, Tensor embedded) {
        VisionOptions o = encoder.options();
        int padding =
                seen == null ? 0 : (int) embedded.size(1) - o.prefix() - seen.rows() * seen.cols() * grouping.patches();
        return new EncoderRows(o.classToken(), o.registers() + padding, grouping.patches());
    }

    /** Images end to end, the patches of each token beside each other: {@code [total rows, width]}. */
    private Tensor together(Tensor embedded, long[] shape, List<EncodingImage> of) {
        int patch = encoder.options().patches().size();
        boolean padded = of.stream().anyMatch(image -> image.input.seen() != null);
        if (grouping.side() == 1 && !padded) {
            return embedded.reshape(-1, embedded.size(2));
        }
        int[] order = grouping.order((int) shape[1] / patch, (int) shape[2] / patch);
        int perImage = (int) embedded.size(1);
        int[] all = IntStream.range(0, of.size())
                .flatMap(i -> Arrays.stream(rowsOf(of.get(i), order, (int) shape[2] / patch))
                        .map(row -> i * perImage + row))
                .toArray();
        return embedded.reshape(-1, embedded.size(2)).index_select(0, Tensors.indices(all));
    }

    /** Where the rows of an image come from: the prefix, padding, then token by token what is seen. */
    private int[] rowsOf(EncodingImage image, int[] order, int patchCols) {
        int prefix = encoder.options().prefix();
        Seen seen = image.input.seen();
        int side = grouping.side();
        int[] hidden = new int[image.rows.prefix() - prefix];
        int[] shown = new int[order.length - hidden.length];
        int h = 0;
        int s = 0;
        for (int patch : order) {
            if (seen != null && !seen.contains(patch / patchCols / side, patch % patchCols / side)) {
                hidden[h++] = prefix + patch;
            } else {
                shown[s++] = prefix + patch;
            }
        }
        return IntStream.concat(
                        IntStream.range(0, prefix), IntStream.concat(Arrays.stream(hidden), Arrays.stream(shown)))
                .toArray();
    }

    private void measurePixels(EncodingImage image) {
        Signal<Matrix> signal = new Signal.PatchPixels();
        if (image.book().declared().contains(signal)) {
            Matrix pixels = EncoderRows.matrix(Framing.patchPixels(image.input, tokenPixels()));
            image.carried.put(signal, pixels, image.tokens.ids());
        }
    }
}
