package dev.fovea.core.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.fovea.core.image.PreparedImage;
import dev.fovea.core.layer.Linear;
import dev.fovea.core.layer.PackedAttention;
import dev.fovea.core.model.ModelConfig;
import dev.fovea.core.model.ModelParts;
import dev.fovea.core.model.contrastive.ContrastiveModel;
import dev.fovea.core.model.contrastive.ImageHead;
import dev.fovea.core.model.contrastive.PoolingHead;
import dev.fovea.core.model.family.Siglip;
import dev.fovea.core.path.AttentionEdges;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.weights.Checkpoint;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Who sees whom, and what steps are told of it. */
class SightTest {
    private static final Sight.Rule WINDOW = new Sight.Rule(3, false);

    /** Rows of dots and crosses: a cross where the key is hidden. */
    private static String table(Sight queries, Sight keys, Sight.Rule rule) {
        try (Scope ignored = Scope.inference()) {
            Tensor hidden = queries.hidden(keys, rule);
            int columns = keys.count();
            float[] all = hidden == null ? new float[queries.count() * columns] : Tensors.floats(hidden);
            StringBuilder out = new StringBuilder();
            for (int i = 0; i < all.length; i++) {
                out.append(all[i] == 0 ? '.' : 'x').append((i + 1) % columns == 0 ? " " : "");
            }
            return out.toString().strip();
        }
    }

    @Test
    void aWindowMeasuresPositionsNotPlaces() {
        Sight all = Sight.of(IntStream.range(0, 5).toArray(), Sight.none(5), null);
        assertThat(table(all, all, WINDOW)).isEqualTo(".xxxx ..xxx ...xx x...x xx...");
        // The third token was dropped: the two behind it come no closer to those before it.
        Sight left = all.at(new int[] {0, 1, 3, 4});
        assertThat(table(left, left, WINDOW)).isEqualTo(".xxx ..xx x..x xx..");
        assertThat(left.bent(WINDOW)).isTrue();
        assertThat(all.bent(new Sight.Rule(5, false))).isFalse();
        assertThat(Sight.unseen(left.last(1), left, WINDOW)).isEqualTo(2);
    }

    @Test
    void aBlockIsSeenBothWaysWithinItsWindowOrAcrossIt() {
        Sight picture = Sight.of(IntStream.range(0, 5).toArray(), new int[] {0, 0, 0, 0, -1}, null);
        assertThat(table(picture, picture, WINDOW)).isEqualTo("....x ....x ....x x...x xx...");
        assertThat(table(picture, picture, new Sight.Rule(3, true))).isEqualTo("....x ....x ....x ....x xx...");
        assertThat(Sight.unseen(picture.at(new int[] {3}), picture, new Sight.Rule(3, true)))
                .isZero();
        // Without windows the last token sees all: no mask is made.
        assertThat(picture.last(1).hidden(picture, new Sight.Rule(0, false))).isNull();
    }

    @Test
    void edgesHoldInsideAWindowAndForTokensThatCameLater() {
        AttentionEdges branches = AttentionEdges.branches(0, 0, 1, 2);
        Sight all = Sight.of(IntStream.range(0, 5).toArray(), Sight.none(5), branches);
        // The fifth token came later: it continues the second branch.
        assertThat(table(all, all, new Sight.Rule(0, false))).isEqualTo(".xxxx ..xxx ...xx ..x.x ..x..");
        assertThat(table(all, all, WINDOW)).isEqualTo(".xxxx ..xxx ...xx x.x.x xxx..");
        assertThat(branches.restricted(0, 5)).containsExactly(3, 4);
        assertThat(all.bent(new Sight.Rule(0, false))).isFalse();
    }

    /** What edges forbid is not seen in a block of one's own either, and a token that is left nothing is refused. */
    @Test
    void edgesHoldInsideABlock() {
        AttentionEdges blocked = AttentionEdges.without(
                4,
                List.of(
                        new AttentionEdges.Blocked(new int[] {0}, new int[] {2}),
                        new AttentionEdges.Blocked(new int[] {3}, new int[] {1, 3})));
        Sight all = Sight.of(IntStream.range(0, 4).toArray(), new int[] {0, 0, 0, 0}, blocked);
        Sight.Rule across = new Sight.Rule(2, true);
        assertThat(table(all, all, across)).isEqualTo("..x. .... .... .x.x");
        all.requireSight(across);
        Sight words = Sight.of(IntStream.range(0, 4).toArray(), Sight.none(4), blocked);
        words.requireSight(WINDOW);
        // In a window of one token there is nothing left but itself.
        assertThatThrownBy(() -> words.requireSight(new Sight.Rule(1, false)))
                .hasMessage(
                        "Token 3 of the prompt would see nothing: every edge that leads from it is blocked, to itself"
                                + " as well; leave it one.");
    }

    /** Values that are unit vectors show the weights: those that are hidden are zero, and a row is one share of 1. */
    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            names = {"F32", "BF16", "F16"})
    void hiddenKeysHaveNoWeightInAnyKernel(DType dtype) {
        int n = 8;
        AttentionEdges edges = AttentionEdges.without(
                n, List.of(new AttentionEdges.Blocked(new int[] {4, 6, 7}, new int[] {0, 1, 2, 7})));
        try (Scope ignored = Scope.inference()) {
            torch.manual_seed(7);
            Tensor q = Tensors.to(Tensors.scale(torch.randn(new long[] {2, n, n}), 3), dtype);
            Tensor k = Tensors.to(Tensors.scale(torch.randn(new long[] {2, n, n}), 3), dtype);
            Tensor v = Tensors.to(torch.eye(n).repeat(new long[] {2, 1, 1}), dtype);
            Sight all = Sight.of(IntStream.range(0, n).toArray(), Sight.none(n), edges);
            Tensor hidden = all.hidden(all, new Sight.Rule(0, false));
            Tensor mask = Tensors.of(edges.mask(), 1, 1, n, n);
            List<Tensor> weights = List.of(
                    PackedAttention.masked(q, k, v, hidden, 0.5, 0),
                    PackedAttention.masked(q, k, v, hidden, 0.5, 20),
                    PackedAttention.masked(q, k, v, new int[] {n}, List.of(mask), 0.5));
            for (Tensor made : weights) {
                float[] rows = Tensors.floats(made);
                for (int query = 0; query < n; query++) {
                    for (int head = 0; head < 2; head++) {
                        double sum = 0;
                        for (int key = 0; key < n; key++) {
                            float weight = rows[(2 * query + head) * n + key];
                            sum += weight;
                            if (!edges.sees(query, key)) {
                                assertThat(weight).isZero();
                            }
                        }
                        assertThat(sum).isCloseTo(1, within(dtype == DType.F32 ? 1e-6 : 1e-2));
                    }
                }
            }
        }
    }

    /** The mask that the fused kernel takes and the scores that are capped one by one are one attention. */
    @Test
    void cappedAttentionOfSomeRowsAtATime() {
        try (Scope ignored = Scope.inference()) {
            torch.manual_seed(5);
            Tensor q = torch.rand(new long[] {4, 5, 8});
            Tensor k = torch.rand(new long[] {2, 5, 8});
            Tensor v = torch.rand(new long[] {2, 5, 8});
            Sight all = Sight.of(IntStream.range(0, 5).toArray(), Sight.none(5), null);
            Tensor hidden = all.hidden(all, WINDOW);
            float[] fused = Tensors.floats(PackedAttention.masked(q, k, v, hidden, 0.5, 0));
            // A cap far above every score changes nothing that can be seen.
            float[] capped = Tensors.floats(PackedAttention.masked(q, k, v, hidden, 0.5, 1e4));
            Golden.assertClose(capped, fused, "capped");
            float[] one = Tensors.floats(
                    PackedAttention.masked(q.narrow(1, 4, 1), k.narrow(1, 2, 3), v.narrow(1, 2, 3), null, 0.5, 0));
            Golden.assertClose(one, Arrays.copyOfRange(fused, 4 * 32, 5 * 32), "the last row over its window");
        }
    }

    /** So many queries over so many keys that their mask is made in pieces. */
    @Test
    void theLastRowsOfALongSequence() {
        try (Scope ignored = Scope.inference()) {
            torch.manual_seed(6);
            Tensor q = torch.rand(new long[] {2, 700, 4});
            Tensor k = torch.rand(new long[] {1, 7_000, 4});
            Tensor v = torch.rand(new long[] {1, 7_000, 4});
            assertThat(700 * 7_000).isGreaterThan(PackedAttention.MASK_AT_ONCE);
            Tensor all = PackedAttention.last(q, k, v, 0.5);
            for (int row : new int[] {0, 349, 350, 699}) {
                int seen = 6_301 + row;
                Tensor one = PackedAttention.last(q.narrow(1, row, 1), k.narrow(1, 0, seen), v.narrow(1, 0, seen), 0.5);
                Golden.assertClose(Tensors.floats(all.narrow(0, row, 1)), Tensors.floats(one), "row " + row);
            }
        }
    }

    /** Means over some queries each are the mean over all. */
    @Test
    void scoresOfSomeQueriesAtATime() {
        try (Scope ignored = Scope.inference()) {
            Tensor perQuery = Tensors.of(new float[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, 5, 2);
            List<Integer> counts = new ArrayList<>();
            Tensor mean = AttentionScores.meanOfPieces(5, 1L << 21, (from, n) -> {
                counts.add(n);
                return AttentionScores.mean(perQuery.narrow(0, from, n), 0);
            });
            assertThat(counts).containsExactly(1, 2, 2);
            Golden.assertClose(Tensors.floats(mean), new float[] {5, 6}, "mean");
        }
    }

    /** Signals about attention say what the layer does: windows and blocks in it, and nothing where nothing is seen. */
    @Test
    void signalsRespectWindowsAndBlocks() {
        FamilyGolden golden = FamilyGolden.of("gemma3");
        Signal.DecoderAttention last =
                new Signal.DecoderAttention(2, Signal.DecoderQueries.LAST, Signal.KeyScope.VISUAL, true);
        Signal.DecoderAttention words =
                new Signal.DecoderAttention(2, Signal.DecoderQueries.INSTRUCTION, Signal.KeyScope.ALL, true);
        Signal.DecoderAttention visual =
                new Signal.DecoderAttention(2, Signal.DecoderQueries.VISUAL, Signal.KeyScope.ALL, true);
        List<float[]> seen = new ArrayList<>();
        List<int[]> at = new ArrayList<>();
        Step step = new Step(new Station.Decoder(2), List.of(last, words, visual), s -> {
            seen.add(s.get(last));
            seen.add(s.get(words));
            seen.add(s.get(visual));
            at.add(s.layout().visual());
            return Outcome.of(new Decision.Unchanged());
        });
        golden.read("one_image", PlanRun.of(Plan.of("spy", step), PlanRun.Question.none(), null))
                .close();
        int[] visualAt = at.getFirst();
        // The last token stands far behind the picture: its window of 7 shows none of it.
        assertThat(seen.get(0)).containsOnly(0);
        int first = visualAt[0];
        int end = visualAt[visualAt.length - 1];
        assertThat(seen.get(1)[first]).isZero();
        assertThat(seen.get(1)[end]).isPositive();
        // Picture tokens pay all of their attention to each other and to the few words before them.
        double inside = 0;
        for (int i = Math.max(0, first - 6); i <= end; i++) {
            inside += seen.get(2)[i];
        }
        assertThat(inside).isCloseTo(1, within(1e-5));
        // The picture's last token is seen by those before it too.
        assertThat(seen.get(2)[end]).isGreaterThan(1e-4f);
    }

    /** Patches of an encoder that norms what leaves it meet the question where SigLIP's pooling head puts them. */
    @Test
    void aSiglipTowerServesTechniques() {
        FamilyGolden golden = FamilyGolden.of("gemma3");
        Path folder = Golden.ROOT.resolve("siglip");
        ContrastiveModel siglip =
                Siglip.load(ModelConfig.read(folder.resolve("config.json")), Checkpoint.open(folder), DType.F32);
        PoolingHead trained = (PoolingHead) siglip.head();
        Linear narrower = new Linear(torch.rand(new long[] {40, 32}), null);
        ImageHead head = new PoolingHead(
                trained.probe().narrow(1, 0, 32),
                new Linear(trained.query().weight().narrow(1, 0, 32), null),
                new Linear(trained.key().weight().narrow(1, 0, 32), null),
                narrower,
                trained.out(),
                trained.norm(),
                trained.mlp(),
                trained.heads());
        ModelParts plain = golden.model;
        PathEngine engine = new PathEngine(new ModelParts(
                plain.vision(),
                plain.featureLayers(),
                plain.clsIsFeature(),
                plain.connector(),
                plain.decoder(),
                plain.positions(),
                plain.placeholders(),
                new ContrastiveModel(null, siglip.text(), head, siglip.textProjection(), siglip.scores()),
                null,
                plain.shape()));
        Signal.PatchImageEmbeddings patches = new Signal.PatchImageEmbeddings();
        List<Matrix> seen = new ArrayList<>();
        Step step = new Step(new Station.Connector(), List.of(patches), s -> {
            seen.add(s.get(patches));
            return Outcome.of(new Decision.Unchanged());
        });
        PlanRun run = PlanRun.of(Plan.of("spy", step), PlanRun.Question.none(), null);
        try (Scope ignored = Scope.inference()) {
            PreparedImage view = golden.picture("wide").views().getFirst();
            Tensor pixels = Tensors.of(view.pixels(), view.planes(), view.height(), view.width());
            ImageInput input = new ImageInput(
                    pixels, 0, view.part(), () -> pixels, "", run, new PixelSource(pixels, () -> pixels));
            List<EncodedImage> images = engine.encode(List.of(input));
            int[] ids = {plain.placeholders().iterator().next(), 7};
            engine.prefill(List.of(new PathEngine.Prompt("", ids, images, run, 1)))
                    .forEach(PromptState::close);
            Tensor last = golden.tensor("picture.wide.hidden.2").reshape(-1, 32);
            Tensor normed = Objects.requireNonNull(plain.vision().postNorm()).forward(last);
            // Four patches a token: what they are alone, averaged.
            int[] order = plain.connector().grouping().order(6, 6);
            Tensor each = head.patches(normed.index_select(0, Tensors.indices(order)));
            Tensor tokens = AttentionScores.mean(each.view(-1, 4, 40), 1);
            Golden.assertClose(seen.getFirst().data(), Tensors.floats(tokens), "patches in the shared space");
            images.forEach(EncodedImage::close);
        }
    }
}
