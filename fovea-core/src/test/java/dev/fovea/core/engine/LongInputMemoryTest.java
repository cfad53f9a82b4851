package dev.fovea.core.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.core.layer.Activation;
import dev.fovea.core.layer.RotaryEmbedding;
import dev.fovea.core.model.ModelParts;
import dev.fovea.core.model.NormKind;
import dev.fovea.core.model.Weights;
import dev.fovea.core.model.language.Decoder;
import dev.fovea.core.model.language.DecoderOptions;
import dev.fovea.core.model.language.MutualSight;
import dev.fovea.core.model.language.SlidingWindows;
import dev.fovea.core.path.AttentionEdges;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.NativePeak;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/**
 * A prompt of 16,000 tokens needs memory that grows with them and not with their square: a single map or mask of a byte
 * for each pair of tokens would be 256 MB. And many tiles need little more than a few.
 */
@EnabledOnOs(OS.LINUX)
class LongInputMemoryTest {
    private static final int TOKENS = 16_000;
    private static final long PAIRS = (long) TOKENS * TOKENS;
    private static final Golden GOLDEN = Golden.gqa();

    @BeforeAll
    static void warm() {
        // Workers of libtorch take their memory once.
        PathEngine engine = new PathEngine(model(DecoderOptions.Variant.none(16)));
        read(engine, PlanRun.plain(), 3_000);
    }

    /** Random numbers. */
    private record Noise() implements Weights {
        @Override
        public DType dtype() {
            return DType.F32;
        }

        @Override
        public Weights under(String prefix) {
            return this;
        }

        @Override
        public boolean contains(String name) {
            return true;
        }

        @Override
        public Tensor tensor(String name, long... shape) {
            return Tensors.scale(torch.randn(shape), 0.1);
        }

        @Override
        public Tensor stored(String name, long... shape) {
            return tensor(name, shape);
        }

        @Override
        public Tensor keep(Tensor tensor) {
            return tensor;
        }
    }

    /** The pictures of the tiny golden model before a decoder of two layers; of the last only the last row is computed. */
    private static ModelParts model(DecoderOptions.Variant variant) {
        ModelParts tiny = GOLDEN.model;
        DecoderOptions options = new DecoderOptions(
                tiny.decoder().options().width(),
                128,
                2,
                2,
                1,
                16,
                400,
                TOKENS + 100,
                Activation.SILU,
                1e-5,
                false,
                false,
                false,
                false,
                true,
                RotaryEmbedding.plain(16, 10_000),
                variant);
        Decoder decoder = Decoder.load(options, new Noise(), new Noise());
        return new ModelParts(
                tiny.vision(),
                tiny.featureLayers(),
                tiny.clsIsFeature(),
                tiny.connector(),
                decoder,
                tiny.positions(),
                tiny.placeholders(),
                null,
                null,
                tiny.shape());
    }

    /** What a prompt that begins with a picture needed, and what it made of its last word. */
    private record Read(long peak, float[] logits) {}

    private static Read read(PathEngine engine, PlanRun run, int tokens) {
        int[] ids = IntStream.range(0, tokens - 16).map(i -> 5 + i % 300).toArray();
        ids[3] = engine.model().placeholders().iterator().next();
        List<EncodedImage> images = engine.encode(List.of(GOLDEN.image(0, run)));
        List<float[]> logits = new ArrayList<>();
        long peak = NativePeak.during(() -> {
            try (PromptState state = engine.prefill(List.of(new PathEngine.Prompt("", ids, images, run, 8)))
                    .getFirst()) {
                logits.add(state.logits());
            }
        });
        images.forEach(EncodedImage::close);
        return new Read(peak, logits.getFirst());
    }

    private static Read staysSmall(String what, PathEngine engine, PlanRun run) {
        Read read = read(engine, run, TOKENS);
        assertThat(read.peak).as(what).isLessThan(PAIRS);
        return read;
    }

    /** As above, where masks are made of some queries at a time: the same as of blocks so small that one has them all. */
    private static void staysSmallAndTheSame(String what, DecoderOptions.Variant variant, PlanRun run) {
        PathEngine engine = new PathEngine(model(variant));
        Read few = read(engine.takingAtOnce(250), run, TOKENS);
        Golden.assertClose(staysSmall(what, engine, run).logits, few.logits, what);
    }

    @Test
    void aMapOfAllPairsWouldBeSeen() {
        long peak = NativePeak.during(() -> {
            try (Scope ignored = Scope.inference()) {
                Tensors.zeros(DType.U8, TOKENS, TOKENS);
            }
        });
        assertThat(peak).isGreaterThan(PAIRS * 9 / 10);
    }

    private static DecoderOptions.Variant variant(double cap, SlidingWindows windows, MutualSight mutual) {
        return new DecoderOptions.Variant(NormKind.RMS, false, 0.25, cap, 0, 1, windows, mutual);
    }

    @Test
    void plain() {
        staysSmall("plain", new PathEngine(model(DecoderOptions.Variant.none(16))), PlanRun.plain());
    }

    @Test
    void windows() {
        SlidingWindows windows = new SlidingWindows(500, Set.of(0), null);
        staysSmallAndTheSame("windows", variant(0, windows, MutualSight.NONE), PlanRun.plain());
    }

    @Test
    void capsAndPicturesSeenBothWays() {
        staysSmall(
                "caps",
                new PathEngine(model(variant(20, SlidingWindows.none(), MutualSight.PICTURES))),
                PlanRun.plain());
    }

    @Test
    void edges() {
        boolean[][] sees = {{true, false}, {true, true}};
        Step step = new Step(new Station.Prompt(), List.of(), s -> {
            int[] groups = new int[s.layout().length()];
            Arrays.fill(groups, groups.length / 2, groups.length, 1);
            return Outcome.of(new Decision.Edges(new AttentionEdges(groups, sees)));
        });
        staysSmallAndTheSame("edges", DecoderOptions.Variant.none(16), run(step));
    }

    /** What the question's 16,000 words pay to the picture, averaged: the scores of a few of them at a time. */
    @Test
    void signals() {
        Signal.DecoderAttention words =
                new Signal.DecoderAttention(1, Signal.DecoderQueries.INSTRUCTION, Signal.KeyScope.ALL, true);
        List<Double> sums = new ArrayList<>();
        Step step = new Step(new Station.Decoder(1), List.of(words), s -> {
            double sum = 0;
            for (float v : s.get(words)) {
                sum += v;
            }
            sums.add(sum);
            return Outcome.of(Decision.Keep.of(0, 3));
        });
        staysSmall("signals", new PathEngine(model(DecoderOptions.Variant.none(16))), run(step));
        assertThat(sums.getFirst()).isBetween(0.999, 1.001);
    }

    private static PlanRun run(Step step) {
        return PlanRun.of(Plan.of("test", step), PlanRun.Question.none(), null);
    }

    /** Of many tiles the features stay, and a few at a time are on their way. */
    @Test
    void tiles() {
        PathEngine engine = new PathEngine(GOLDEN.model).takingAtOnce(64);
        PathEngine atOnce = new PathEngine(GOLDEN.model).takingAtOnce(1 << 20);
        encoded(engine, 4);
        // What the JVM's compiler takes meanwhile is in a peak, and not in every one.
        long many = LongStream.range(0, 3).map(i -> encoded(engine, 800)).min().getAsLong();
        long together = encoded(atOnce, 800);
        assertThat(many).isLessThan(together / 10);
    }

    private static long encoded(PathEngine engine, int tiles) {
        try (Scope ignored = Scope.inference()) {
            ImageInput tile = GOLDEN.image(0, PlanRun.plain());
            List<ImageInput> all = IntStream.range(0, tiles).mapToObj(i -> tile).toList();
            List<EncodedImage> done = new ArrayList<>();
            long peak = NativePeak.during(() -> done.addAll(engine.encode(all)));
            done.forEach(EncodedImage::close);
            return peak;
        }
    }
}
