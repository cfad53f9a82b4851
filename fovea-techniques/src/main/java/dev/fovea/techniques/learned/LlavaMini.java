package dev.fovea.techniques.learned;

import dev.fovea.core.learned.Declaration;
import dev.fovea.core.learned.LearnedTechnique;
import dev.fovea.core.model.Weights;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Part;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signal.PromptTokens;
import dev.fovea.core.path.Signals;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.path.TensorRows;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Card;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;

/**
 * LLaVA-Mini (arXiv 2501.03895): a picture reaches the language model as one token or a few, which {@linkplain
 * MiniCompressor learned queries} gather, and inside the words, which have {@linkplain PreFusion read all of it} before.
 */
public final class LlavaMini implements LearnedTechnique {
    private static final Card CARD = Card.of("""
            id        llava-mini
            title     LLaVA-Mini: Efficient Image and Video Large Multimodal Models with One Vision Token
            arxiv     2501.03895
            summary   Lets the words read the whole picture in a few layers of their own and hands the language model them and
                      one visual token.
            stations  weights, framing, connector, prompt
            budget    Ignored: as many tokens per image as the knob 'c' says, times itself.
            full      acts
            trained   yes
            knob      c = 1, whole 1..24: Tokens per image, along each side of their grid. The paper has 1, and 8 with cut=2.
            knob      cut = 1, whole 1..8: Tiles along each side that a picture is cut into, beside an overview; 1 leaves it
                      whole. The paper has 2 for high resolution.
            knob      layers = 2, whole 0..64: Layers in which words read the picture. The paper has 4.
            knob      compress = code | paper | mean: How tokens are made: by queries before the projector, of several heads
                      with norms, as in the official code; by queries behind it, in one product, as the paper writes it;
                      or as means of blocks, the paper's comparison.
            knob      vision = fused | direct: Whether the language model gets these tokens as the words' layers leave them, as
                      in the official code, or as they were, as the paper writes it.
            knob      heads = 8, whole 1..64: Heads of the queries' attention.
            knob      theta = 10000, 1..100000000: Base of the rotary positions in the words' layers: that of the language
                      model, where they are to start as its own.
            knob      rank = 16, whole 1..4096: Rank of what is added to each matrix of the language model.
            note      The paper trains the words' layers from an origin that is not documented. Here they start as copies of
                      the language model's own first layers, or at random where it has none in Llama's form; this is
                      inferred.
            note      The paper trains projector and language model in full. Here the matrices of the language model get
                      additions of low rank, its norms and the connector's matrices differences: two layers, the queries and
                      a rank of 16 keep all that is learned for peek within 4 MB.
            note      Every picture of a prompt, also a frame, and a tile where the model cuts pictures itself, is read by all
                      words alone, and what the words become is averaged, as the official code does for frames; its own
                      tokens stand at its place.
            note      A picture that is cut is stretched to whole tiles and resampled once, while the official code crops
                      blocks and prepares each like a picture. It is not trained so by the recipe.
            note      What the words become depends on the picture and on each other: nothing that was read is gone on from
                      when another question is asked. Words of the answer enter as they are; while it is learned, no answer
                      is read with the question, but earlier answers of a conversation are when the model answers, as in the
                      official code.
            """);

    private static final String COMPRESSED = "compressed";
    private static final Signal.DecoderHidden VISUAL = new Signal.DecoderHidden();
    private static final Signal.DecoderHidden WORDS = new Signal.DecoderHidden(PromptTokens.TEXT, false);
    private static final Signal.Continuations CONTINUATIONS = new Signal.Continuations();
    private static final Signal.Noted NUMBER = new Signal.Noted(COMPRESSED);

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public Declaration declaration(ModelShape shape, Knobs knobs) {
        Declaration.Builder own = Declaration.begin();
        MiniCompressor.of(shape, knobs).declare(own);
        fusion(shape, knobs).declare(own);
        Finetuned.of(shape, knobs).declare(own);
        return own.build();
    }

    @Override
    public List<Step> steps(ModelShape shape, Budget budget, Knobs knobs, Weights own) {
        if (knobs.integer("cut") > 1 && shape.traits().tiles()) {
            throw new IllegalArgumentException(
                    "Technique 'llava-mini' is to cut pictures into tiles, but this model cuts"
                            + " them itself; set its knob 'cut' to 1.");
        }
        MiniCompressor compressor = MiniCompressor.of(shape, knobs);
        PreFusion fusion = fusion(shape, knobs);
        List<Step> steps = new ArrayList<>();
        steps.add(Finetuned.of(shape, knobs).step(own));
        if (compressor.cut() > 1) {
            steps.add(new Step(new Station.Framing(), List.of(), s -> Outcome.of(cut(s, compressor.cut()))));
        }
        steps.add(compressor.step(own));
        steps.add(new Step(compressor.station(), List.of(), s -> numbered(s, compressor)));
        if (fusion.layers() > 0) {
            boolean fused = knobs.is("vision", "fused");
            steps.add(new Step(
                            new Station.Embeddings(),
                            List.of(VISUAL, WORDS, CONTINUATIONS, NUMBER),
                            s -> Outcome.of(rewritten(s, fusion, compressor.cut() > 1, fused, own)))
                    .working((visual, text) -> flops(fusion, compressor, visual, text, fused)));
        }
        steps.add(new Step(
                new Station.Prompt(), List.of(NUMBER), s -> Outcome.of(Decision.Keep.of(present(s.get(NUMBER))))));
        return steps;
    }

    private static Decision cut(Signals signals, int tiles) {
        boolean whole = signals.layout().grids().getFirst().part() instanceof Part.Whole;
        return whole ? new Decision.Cut(tiles, tiles) : new Decision.Unchanged();
    }

    private static PreFusion fusion(ModelShape shape, Knobs knobs) {
        return new PreFusion(shape, knobs.integer("layers"), knobs.number("theta"));
    }

    /** Remembers which tokens of an image are those that it was compressed to: the last ones. */
    private static Outcome numbered(Signals signals, MiniCompressor compressor) {
        float[] number = new float[signals.layout().visualCount()];
        int count = compressor.follow(signals.layout()) ? compressor.count() : 0;
        for (int i = 0; i < count; i++) {
            number[number.length - count + i] = 1 + i;
        }
        return Outcome.of(new Decision.Unchanged()).noting(COMPRESSED, number);
    }

    private static int[] present(float[] number) {
        return IntStream.range(0, number.length).filter(v -> number[v] != 0).toArray();
    }

    /** Words that have read the picture, and with {@code fused} the tokens that it was compressed to behind the same layers. */
    private static Decision rewritten(Signals signals, PreFusion fusion, boolean cut, boolean fused, Weights own) {
        FusedPrompt prompt = FusedPrompt.of(signals.layout(), signals.get(NUMBER), cut);
        float[] continuations = signals.get(CONTINUATIONS);
        int[] asking = IntStream.range(0, continuations.length)
                .filter(w -> continuations[w] >= 0)
                .toArray();
        int[] groups = IntStream.of(asking).map(w -> (int) continuations[w]).toArray();
        Tensor visual = signals.tensor(VISUAL);
        // No gradient reaches the words' own embeddings, as in the official code.
        Tensor words = signals.tensor(WORDS).detach().index_select(0, Tensors.indices(asking));
        List<Tensor> rows = new ArrayList<>();
        List<Integer> places = new ArrayList<>();
        Tensor sum = Tensors.zeros(DType.F32, asking.length, words.size(1));
        for (int image = 0; image < prompt.images(); image++) {
            int[] compressed = prompt.compressed()[image];
            int[] all = IntStream.concat(IntStream.of(prompt.others()[image]), IntStream.of(compressed))
                    .toArray();
            int read = fused ? compressed.length : 0;
            Tensor both = fusion.of(visual.index_select(0, Tensors.indices(all)), words, groups, read, own);
            sum = sum.add(both.narrow(0, read, asking.length));
            if (fused) {
                rows.add(both.narrow(0, 0, read));
                IntStream.of(compressed)
                        .forEach(v -> places.add(signals.layout().visual()[v]));
            }
        }
        rows.add(Tensors.scale(sum, 1.0 / Math.max(1, prompt.images())));
        int[] text = signals.layout().text();
        IntStream.of(asking).forEach(w -> places.add(text[w]));
        return inOrder(Tensors.cat(0, rows.toArray(Tensor[]::new)), places);
    }

    private static Decision.Rewrite inOrder(Tensor rows, List<Integer> places) {
        int[] order = IntStream.range(0, places.size())
                .boxed()
                .sorted((a, b) -> Integer.compare(places.get(a), places.get(b)))
                .mapToInt(Integer::intValue)
                .toArray();
        return new Decision.Rewrite(
                new TensorRows(rows.index_select(0, Tensors.indices(order))),
                IntStream.of(order).map(places::get).toArray());
    }

    /** Pictures are of one size, as far as is known. */
    private static long flops(PreFusion fusion, MiniCompressor compressor, int visual, int text, boolean fused) {
        int cut = compressor.cut();
        int parts = cut > 1 ? 1 + cut * cut : 1;
        int each = parts * fusion.shape().visualTokens() + compressor.count();
        long pictures = Math.max(1, Math.round((double) visual / each));
        return pictures * fusion.flops(visual / pictures, text, fused ? compressor.count() : 0);
    }
}
