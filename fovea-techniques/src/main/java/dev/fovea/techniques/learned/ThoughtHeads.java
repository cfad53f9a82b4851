package dev.fovea.techniques.learned;

import dev.fovea.core.learned.Declaration;
import dev.fovea.core.learned.Predictor;
import dev.fovea.core.model.Weights;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * Heads that read what states of a thought hold (CoVT, arXiv 2511.19418, section 3.3 and appendix), each against something
 * that does not learn: prompts against features of the picture, tokens against features of several layers, kernels
 * against filtered pixels.
 *
 * @param channels whether projected states are normalised along the channels of each; else along the tokens
 */
record ThoughtHeads(ModelShape shape, boolean channels) {
    private static final double EPS = 1e-5;

    /** After which of 24 layers the paper's depth expert is looked at. */
    private static final int[] LAYERS = {5, 12, 18, 24};

    private static final int PUBLISHED = 24;
    private static final double BASE = 10_000;

    void declare(Declaration.Builder to, String kind) {
        int width = shape.encoderWidth();
        switch (kind) {
            case "seg" -> reader(kind, 8, width).declare(to);
            case "feature" -> reader(kind, leading() + patches(), width).declare(to);
            case "edge" -> reader(kind, LAYERS.length, EdgeFilters.CHANNELS).declare(to);
            case "depth" -> {
                int wide = shape.decoderWidth();
                StateReader.linear(to, "depth.hidden", wide, wide);
                StateReader.linear(to, "depth.token", width, wide);
            }
            default -> throw new IllegalArgumentException("There is no head for '" + kind + "'");
        }
    }

    Predictor predictor(String kind) {
        return switch (kind) {
            case "seg" ->
                (own, in) -> masks(reader(kind, 8, shape.encoderWidth()).read(own, rotated(in[0])), normed(in, last()));
            case "depth" -> (own, in) -> depth(depthTokens(own, in[0]), depthFeatures(in));
            case "edge" ->
                (own, in) -> edges(
                        reader(kind, LAYERS.length, EdgeFilters.CHANNELS).read(own, in[0]), EdgeFilters.of(in[1]));
            default ->
                (own, in) -> reader(kind, leading() + patches(), shape.encoderWidth())
                        .read(own, in[0]);
        };
    }

    /** The same as a picture, of the states of a group, the picture that it is about and the states of the encoder. */
    Predictor drawing(String kind) {
        Predictor head = predictor(kind);
        return (own, in) -> {
            Tensor[] against = in.clone();
            if (kind.equals("edge")) {
                return head.predict(own, in[0], in[1]).unsqueeze(0);
            }
            against[1] = in[0];
            Tensor maps = head.predict(own, Arrays.copyOfRange(against, 1, against.length));
            int side = shape.traits().side();
            Tensor grid = maps.view(maps.size(0), (long) shape.gridRows() * side, (long) shape.gridCols() * side);
            try (Scalar none = new Scalar(0);
                    Scalar all = new Scalar(1)) {
                return kind.equals("seg")
                        ? grid.sigmoid()
                        : grid.clamp(new ScalarOptional(none), new ScalarOptional(all));
            }
        };
    }

    private StateReader reader(String name, int queries, int width) {
        return new StateReader(name, queries, shape.decoderWidth(), width, channels);
    }

    /** Patches of a picture. */
    private int patches() {
        int side = shape.traits().side();
        return shape.patches() * side * side;
    }

    private int leading() {
        return shape.hasCls() ? 1 : 0;
    }

    /** Which of the states of feature layers are the last. */
    private int last() {
        return shape.featureLayers();
    }

    /** Normed states behind a layer, patches alone: {@code [patches, encoder width]}. */
    private Tensor normed(Tensor[] inputs, int layer) {
        Tensor states = inputs[layer];
        return norm(states.narrow(0, states.size(0) - patches(), patches()));
    }

    /** States as heads meet them: {@code [tokens, encoder width]}, class token first where there is one. */
    Tensor expert(Tensor states) {
        Tensor patches = states.narrow(0, states.size(0) - patches(), patches());
        return norm(shape.hasCls() ? Tensors.cat(0, states.narrow(0, 0, 1), patches) : patches);
    }

    private static Tensor norm(Tensor rows) {
        return torch.layer_norm(
                rows, new long[] {rows.size(1)}, new TensorOptional(), new TensorOptional(), EPS, false);
    }

    /** The four layers of a shallower or deeper encoder, counted from 1. */
    List<Integer> depthLayers() {
        List<Integer> layers = new ArrayList<>();
        for (int layer : LAYERS) {
            layers.add((int) Math.max(1, Math.round((double) layer * last() / PUBLISHED)));
        }
        return layers;
    }

    /** Of length 1 each, so that tokens as they start make maps of about the size of what they shall tell. */
    private List<Tensor> depthFeatures(Tensor[] inputs) {
        double length = Math.sqrt(shape.encoderWidth());
        return depthLayers().stream()
                .map(layer -> Tensors.scale(normed(inputs, layer), 1 / length))
                .toList();
    }

    private Tensor depthTokens(Weights own, Tensor states) {
        long wide = shape.decoderWidth();
        Tensor hidden = torch.gelu(own.linear("depth.hidden", wide, wide, true).forward(states));
        return own.linear("depth.token", shape.encoderWidth(), wide, true).forward(hidden);
    }

    /** One map of logits for each prompt: {@code [prompts, width], [patches, width] -> [prompts, patches]}. */
    static Tensor masks(Tensor prompts, Tensor features) {
        return prompts.matmul(features.transpose(0, 1));
    }

    /**
     * The mean of the maps that tokens make of the features of a layer each: {@code [1, patches]}.
     *
     * @param tokens {@code [layers, width]}
     * @param features for each of them {@code [patches, width]}
     */
    static Tensor depth(Tensor tokens, List<Tensor> features) {
        Tensor[] maps = new Tensor[features.size()];
        for (int i = 0; i < maps.length; i++) {
            maps[i] = tokens.narrow(0, i, 1).matmul(features.get(i).transpose(0, 1));
        }
        return mean(Tensors.cat(0, maps)).unsqueeze(0);
    }

    /**
     * The sigmoid of the mean of what kernels of one pixel make of filtered pixels: {@code [rows, columns]}.
     *
     * @param kernels {@code [kernels, channels]}
     * @param filtered {@code [channels, rows, columns]}
     */
    static Tensor edges(Tensor kernels, Tensor filtered) {
        Tensor maps = kernels.matmul(filtered.reshape(filtered.size(0), -1));
        return mean(maps).sigmoid().view(filtered.size(1), filtered.size(2));
    }

    private static Tensor mean(Tensor rows) {
        return Tensors.scale(rows.sum(new long[] {0}, false, new ScalarTypeOptional()), 1.0 / rows.size(0));
    }

    /**
     * States turned by their place, so that those of equal words differ: pairs of a channel of the first half and one of the
     * second, with a base of 10,000. {@code [words, width]}
     */
    static Tensor rotated(Tensor states) {
        int words = (int) states.size(0);
        int width = (int) states.size(1);
        int half = (width + 1) / 2;
        float[] cos = new float[words * half];
        float[] sin = new float[words * half];
        for (int w = 0; w < words; w++) {
            for (int i = 0; i < half; i++) {
                double angle = w * Math.pow(BASE, -2.0 * i / (2 * half));
                cos[w * half + i] = (float) Math.cos(angle);
                sin[w * half + i] = (float) Math.sin(angle);
            }
        }
        Tensor even = width % 2 == 0 ? states : Tensors.cat(1, states, Tensors.zeros(DType.F32, words, 1));
        Tensor first = even.narrow(1, 0, half);
        Tensor second = even.narrow(1, half, half);
        Tensor c = Tensors.of(cos, words, half);
        Tensor s = Tensors.of(sin, words, half);
        Tensor turned =
                Tensors.cat(1, first.mul(c).sub(second.mul(s)), first.mul(s).add(second.mul(c)));
        return turned.narrow(1, 0, width);
    }
}
