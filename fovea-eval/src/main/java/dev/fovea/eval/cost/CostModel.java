package dev.fovea.eval.cost;

import dev.fovea.core.model.family.Description;
import dev.fovea.core.path.Ledger;
import dev.fovea.core.path.Signal;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Plan;
import java.util.ArrayList;
import java.util.List;

/**
 * Counts operations from the sizes of a model and the tokens in its layers.
 *
 * <p>The convention: matrix products only, two FLOPs per multiply-add. Attention counts its whole square, queries times
 * keys, although a causal kernel may skip what the mask hides: so do torch's own counter and the papers (per layer
 * {@code 8 n d^2 + 4 n^2 d + 6 n d m} for a Llama of width d and MLP width m). Norms, softmax, activations and rotary
 * tables are left out; they are below one percent. {@link Rows#LAST} counts what Fovea computes: behind the last layer's
 * keys and values only the last token is needed. {@link Rows#ALL} counts that layer like the others, as papers do.
 *
 * <p>Published prefill figures for LLaVA-1.5-7B and 576 visual tokens run from 8.0 to 9.6 TFLOPs because they count
 * different texts (32 to 100 tokens) and with or without the encoder; this model gives 8.1 T for 32 text tokens, 8.5 T
 * for 64, and 0.4 T more for the encoder.
 *
 * @param shape sizes of the model
 * @param featureWidth channels of what the connector reads: the encoder's width times the number of feature layers
 * @param bytes of one number in activations, keys and values
 * @param rows of the last decoder layer that count
 */
public record CostModel(ModelShape shape, int featureWidth, int bytes, Rows rows) {
    private static final int CHANNELS = 3;
    private static final int F32 = 4;

    /** Which tokens go through the last decoder layer behind its keys and values. */
    public enum Rows {
        /** The last token of the prompt only, as Fovea computes it. */
        LAST,
        /** All of them, as papers count. */
        ALL
    }

    /** What Fovea computes, with numbers of two bytes. */
    public static CostModel of(ModelShape shape) {
        return new CostModel(shape, shape.encoderWidth(), 2, Rows.LAST);
    }

    /** What Fovea computes for a model that a checkpoint describes, with numbers of two bytes. */
    public static CostModel of(Description model) {
        return new CostModel(model.shape(false), model.connector().featureWidth(), 2, Rows.LAST);
    }

    /** The same model on images of another size. */
    public CostModel forGrid(int tokenRows, int tokenCols) {
        return new CostModel(shape.withGrid(tokenRows, tokenCols), featureWidth, bytes, rows);
    }

    /** The same model, counted the way papers do. */
    public CostModel asPublished() {
        return new CostModel(shape, featureWidth, bytes, Rows.ALL);
    }

    /** The cost of a prompt under a plan. */
    public Cost cost(Plan plan, Load load) {
        List<Long> encoder = new ArrayList<>();
        for (int layer = 0; layer < load.encoder().size(); layer++) {
            encoder.add(encoderLayer(load, layer));
        }
        List<Long> prefill = new ArrayList<>();
        List<Long> kv = new ArrayList<>();
        for (int layer = 0; layer < load.decoder().size(); layer++) {
            prefill.add(prefillLayer(load, layer));
            kv.add(2L * shape.decoderKeyWidth() * held(load, layer) * bytes);
        }
        return new Cost(
                embedding(load.patches()),
                encoder,
                connector(load.projected()),
                prefill,
                new SignalCost(shape, load).flops(plan),
                load.own(),
                branches(plan, load),
                head(),
                decode(plan, load),
                kv,
                peak(load));
    }

    /** Tokens whose keys and values a layer holds, those of branches that take the tokens of the answer with them. */
    private static long held(Load load, int layer) {
        long beside = 0;
        for (Ledger.Reading branch : load.branches()) {
            beside += branch.follows() ? branch.words() + branch.visual().get(layer) : 0;
        }
        return load.text() + load.cached().get(layer) + beside;
    }

    private long prefillLayer(Load load, int layer) {
        boolean last = layer == load.decoder().size() - 1 && rows == Rows.LAST;
        long text = load.text();
        long visual = load.decoder().get(layer);
        if (!load.apart()) {
            return decoderLayer(last ? 1 : text + visual, text + visual, text + visual);
        }
        return decoderLayer(last ? 1 : visual, visual, visual)
                + decoderLayer(last ? 1 : text, text, text + load.cached().get(layer));
    }

    private long embedding(int patches) {
        long patchInputs = (long) CHANNELS * shape.patchSize() * shape.patchSize();
        return 2L * new EncoderSizes(shape, 1).patches(patches) * patchInputs * shape.encoderWidth();
    }

    /** One layer over all images: attention stays inside each, or inside windows of it; class tokens included. */
    private long encoderLayer(Load load, int layer) {
        long width = shape.encoderWidth();
        EncoderSizes sizes = new EncoderSizes(shape, load.images());
        long rowsIn = sizes.rows(load.encoder().get(layer));
        long rowsMlp = sizes.rows(load.encoderMlp().get(layer));
        long keys = sizes.keys(layer, load.encoder().get(layer));
        long mlp = (shape.traits().gatedEncoder() ? 6 : 4) * rowsMlp * width * shape.encoderMlp();
        return 8 * rowsIn * width * width + 4 * rowsIn * keys * width + mlp;
    }

    private long connector(long tokens) {
        long width = shape.decoderWidth();
        long hidden = shape.traits().connectorHidden();
        long inputs = new EncoderSizes(shape, 1).patches(featureWidth);
        long features = 1L + shape.traits().deepFeatures();
        return 2 * tokens * features * (hidden == 0 ? inputs * width : inputs * hidden + hidden * width);
    }

    /**
     * One decoder layer.
     *
     * @param queries tokens that pass through it
     * @param added tokens whose keys and values are computed
     * @param keys tokens that are attended to
     */
    private long decoderLayer(long queries, long added, long keys) {
        long width = shape.decoderWidth();
        long inner = shape.decoderQueryWidth();
        long projections = 2 * queries * width * inner * 2 + 2 * added * width * shape.decoderKeyWidth() * 2;
        long attention = 4 * queries * keys * inner;
        return projections + attention + 6 * queries * width * shape.decoderMlp();
    }

    private long head() {
        return 2L * shape.decoderWidth() * shape.vocabulary();
    }

    /** The first token of the answer comes from the prompt; every other one is fed back once. */
    private long decode(Plan plan, Load load) {
        long flops = 0;
        for (int token = 1; token < load.answer(); token++) {
            for (int visual : load.cached()) {
                flops += decoderLayer(1, 1, load.text() + visual + token);
            }
            flops += head() * (1 + lateLogits(plan));
            for (Ledger.Reading branch : load.branches()) {
                for (int visual : branch.follows() ? branch.visual() : List.<Integer>of()) {
                    flops += decoderLayer(1, 1, branch.words() + visual + token);
                }
                flops += branch.follows() ? head() : 0;
            }
        }
        return flops;
    }

    /** Everything that is read beside the prompt: all of it, and as far as its last token. */
    private long branches(Plan plan, Load load) {
        long flops = head() * lateLogits(plan);
        for (Ledger.Reading branch : load.branches()) {
            for (int layer = 0; layer < branch.visual().size(); layer++) {
                boolean last = layer == branch.visual().size() - 1 && rows == Rows.LAST;
                long tokens = (long) branch.words() + branch.visual().get(layer);
                flops += decoderLayer(last ? 1 : tokens, tokens, tokens);
            }
            flops += branch.follows() ? head() : 0;
        }
        return flops;
    }

    /** How many hidden states behind layers the head is applied to for every token of the answer. */
    private static long lateLogits(Plan plan) {
        return plan.steps().stream()
                .flatMap(step -> step.needs().stream())
                .filter(Signal.LateLogits.class::isInstance)
                .distinct()
                .count();
    }

    /** Residual stream, normed input and the widest intermediate of a layer, for the layer that takes most. */
    private long peak(Load load) {
        long most = (long) shape.vocabulary() * F32;
        for (int layer = 0; layer < load.encoder().size(); layer++) {
            long tokens =
                    new EncoderSizes(shape, load.images()).rows(load.encoder().get(layer));
            long inside = Math.max(4L * shape.encoderWidth(), 2L * shape.encoderMlp());
            most = Math.max(most, tokens * (2L * shape.encoderWidth() + inside) * bytes);
        }
        for (int visual : load.decoder()) {
            long tokens = (long) load.text() + visual;
            long inside =
                    Math.max(2L * shape.decoderQueryWidth() + 2L * shape.decoderKeyWidth(), 3L * shape.decoderMlp());
            most = Math.max(most, tokens * (2L * shape.decoderWidth() + inside) * bytes);
        }
        return most;
    }
}
