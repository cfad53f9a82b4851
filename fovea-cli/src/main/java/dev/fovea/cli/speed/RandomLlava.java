package dev.fovea.cli.speed;

import dev.fovea.core.layer.Activation;
import dev.fovea.core.layer.GatedMlp;
import dev.fovea.core.layer.LayerNorm;
import dev.fovea.core.layer.Linear;
import dev.fovea.core.layer.Mlp;
import dev.fovea.core.layer.PatchEmbedding;
import dev.fovea.core.layer.RmsNorm;
import dev.fovea.core.layer.RotaryEmbedding;
import dev.fovea.core.model.clip.ClipBlock;
import dev.fovea.core.model.clip.ClipVisionConfig;
import dev.fovea.core.model.clip.ClipVisionEncoder;
import dev.fovea.core.model.llama.LlamaConfig;
import dev.fovea.core.model.llama.LlamaDecoder;
import dev.fovea.core.model.llama.LlamaLayer;
import dev.fovea.core.model.llava.LlavaConfig;
import dev.fovea.core.model.llava.LlavaModel;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.OwnedTensor;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * LLaVA-1.5-7B in size, with random weights and few layers: the language model has three layers of its own, which take
 * turns when more are asked for; the encoder's 24 layers share one. What is timed does not depend on values.
 */
final class RandomLlava implements AutoCloseable {
    /** Layers of the language model of the real one. */
    static final int LAYERS = 32;

    static final int WIDTH = 4096;
    static final int MLP = 11008;
    static final int HEADS = 32;
    static final int VISUAL = 576;
    static final int IMAGE_TOKEN = 32000;
    static final int VOCABULARY = 32064;
    static final int SIDE = 336;

    private static final int DISTINCT = 3;
    private static final int SEED_ROWS = 64;
    private static final double SPREAD = 0.02;

    private final DType dtype;
    private final List<OwnedTensor> owned = new ArrayList<>();
    private final ClipVisionEncoder vision;
    private final Mlp projector;
    private final List<LlamaLayer> layers = new ArrayList<>();
    private final Tensor tokens;
    private final RmsNorm norm;
    private final Linear head;

    RandomLlava(DType dtype) {
        this.dtype = dtype;
        torch.manual_seed(1);
        ClipVisionConfig c = new ClipVisionConfig(1024, 4096, 24, 16, SIDE, 14, 3, Activation.QUICK_GELU, 1e-5);
        this.vision = encoder(c);
        this.projector = new Mlp(linear(WIDTH, c.width(), true), Activation.GELU, linear(WIDTH, WIDTH, true));
        for (int i = 0; i < DISTINCT; i++) {
            layers.add(new LlamaLayer(
                    rms(),
                    linear(WIDTH, WIDTH, false),
                    linear(WIDTH, WIDTH, false),
                    linear(WIDTH, WIDTH, false),
                    linear(WIDTH, WIDTH, false),
                    rms(),
                    new GatedMlp(
                            linear(MLP, WIDTH, false),
                            linear(MLP, WIDTH, false),
                            linear(WIDTH, MLP, false),
                            Activation.SILU),
                    HEADS,
                    HEADS));
        }
        this.tokens = random(VOCABULARY, WIDTH);
        this.norm = rms();
        this.head = linear(VOCABULARY, WIDTH, false);
    }

    /** The model with this many layers in its language model. */
    LlavaModel withLayers(int count) {
        ClipVisionConfig c = vision.config();
        LlamaConfig text = new LlamaConfig(
                WIDTH,
                MLP,
                count,
                HEADS,
                HEADS,
                WIDTH / HEADS,
                VOCABULARY,
                4096,
                Activation.SILU,
                1e-5,
                false,
                false,
                false,
                RotaryEmbedding.plain(WIDTH / HEADS, 10000));
        List<LlamaLayer> own = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            own.add(layers.get(i % DISTINCT));
        }
        return new LlavaModel(
                new LlavaConfig(c, text, List.of(c.layers() - 1), false, Activation.GELU, true, IMAGE_TOKEN),
                vision,
                projector,
                new LlamaDecoder(text, tokens, own, norm, head, dtype),
                null);
    }

    DType dtype() {
        return dtype;
    }

    /** Weights of one layer of the language model. */
    static long layerWeights() {
        return 4L * WIDTH * WIDTH + 3L * WIDTH * MLP;
    }

    /** Floating-point operations of one layer on so many tokens, causal attention included. */
    static double layerOperations(int count) {
        return 2.0 * count * layerWeights() + 2.0 * count * count * WIDTH;
    }

    private ClipVisionEncoder encoder(ClipVisionConfig c) {
        ClipBlock block = new ClipBlock(
                layerNorm(c.width()),
                linear(c.width(), c.width(), true),
                linear(c.width(), c.width(), true),
                linear(c.width(), c.width(), true),
                linear(c.width(), c.width(), true),
                layerNorm(c.width()),
                new Mlp(linear(c.mlpWidth(), c.width(), true), c.activation(), linear(c.width(), c.mlpWidth(), true)),
                c.heads());
        return new ClipVisionEncoder(
                c,
                random(c.width()),
                new PatchEmbedding(random(c.width(), c.channels(), c.patchSize(), c.patchSize()), null),
                random(1L + (long) c.gridSide() * c.gridSide(), c.width()),
                layerNorm(c.width()),
                Collections.nCopies(c.layers(), block),
                layerNorm(c.width()));
    }

    private Linear linear(long out, long in, boolean bias) {
        return new Linear(random(out, in), bias ? random(out) : null);
    }

    private LayerNorm layerNorm(long width) {
        return new LayerNorm(own(Tensors.full(1, dtype, width)), random(width), 1e-5);
    }

    private RmsNorm rms() {
        return new RmsNorm(own(Tensors.full(1, dtype, WIDTH)), 1e-5);
    }

    /** Random rows, repeated where there are many: drawing two hundred million numbers a layer would take longest. */
    private Tensor random(long... shape) {
        try (Scope scope = Scope.inference()) {
            long rows = Math.min(shape[0], SEED_ROWS);
            long[] part = shape.clone();
            part[0] = rows;
            Tensor seed = Tensors.to(Tensors.scale(torch.randn(part), SPREAD), dtype);
            Tensor whole = Tensors.empty(dtype, shape);
            for (long at = 0; at < shape[0]; at += rows) {
                long length = Math.min(rows, shape[0] - at);
                whole.narrow(0, at, length).copy_(seed.narrow(0, 0, length));
            }
            return own(whole);
        }
    }

    private Tensor own(Tensor tensor) {
        OwnedTensor kept = OwnedTensor.of(tensor);
        owned.add(kept);
        return kept.get();
    }

    @Override
    public void close() {
        owned.forEach(OwnedTensor::close);
    }
}
