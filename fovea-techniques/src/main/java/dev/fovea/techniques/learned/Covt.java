package dev.fovea.techniques.learned;

import dev.fovea.core.adapt.Addition;
import dev.fovea.core.adapt.Additions;
import dev.fovea.core.learned.Declaration;
import dev.fovea.core.learned.LearnedTechnique;
import dev.fovea.core.learned.Predictor;
import dev.fovea.core.model.Weights;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.path.TensorRows;
import dev.fovea.core.path.Wording;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Card;
import dev.fovea.core.technique.Knobs;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * Chain-of-Visual-Thought (arXiv 2511.19418): before it answers, the model writes a thought of a few further words, whose
 * hidden states were trained to hold masks, depth, outlines and features of the picture. The words are chosen through the
 * head like any other, and enter again as the same learned embedding each; what they tell stays in the cache.
 */
public final class Covt implements LearnedTechnique {
    private static final Card CARD = Card.of("""
            id        covt
            title     Chain-of-Visual-Thought: Teaching VLMs to See and Think Better with Continuous Visual Tokens
            arxiv     2511.19418
            summary   Has the model think in a few words whose states hold masks, depth and features of the picture before
                      it answers.
            stations  weights
            budget    Ignored: no visual token leaves; an answer costs a few tokens more.
            full      acts
            trained   yes
            knob      thoughts = on | empty | off: Whether the model may think; empty is trained without what the thought
                      should hold, which shows what the mere tokens do, and off without any thought.
            knob      experts = seg-depth-feature | all | seg-depth | seg | depth | feature | edge: What a thought is about,
                      in this order; all adds edges.
            knob      rank = 16, whole 1..4096: Rank of what is added to each matrix of language model and encoder.
            knob      alpha = 32, 0..65536: What is added is multiplied by alpha / rank.
            knob      encoder = on | off: Whether the encoder's matrices get additions, too.
            knob      norm = code | channels: Along which axis a head normalises the projected states: along the tokens, as
                      in the official code, or along the channels of each.
            knob      seg = bce | focal | halves: What is added to Dice for matched masks: binary cross-entropy, as the
                      official code has it; the focal loss of the paper; or half of Dice and twice the focal loss, as in a
                      function of the code that nothing calls. Training only.
            knob      factors = paper | code: Factors of the visual losses: all 1, or those of the code, made for depth in
                      other units: depth 0.005, features 0.5. Training only.
            knob      gamma = 1, 0..1000: Weight of all visual losses. Training only.
            knob      ce = answers | tokens: How words of a response count: every answer as one, and a thought as one; or each
                      word alike, as published. Training only.
            knob      until = 1, share: Share of the steps behind the first stage that have visual losses; 0.8 as in the
                      official script. Training only.
            knob      text = groups | names: What a thought says: its groups alone, or a sentence that names each, as
                      published. Training only.
            note      Answers are generated without experts; heads and experts only show what a thought holds.
            note      Further words have ids behind those of the model's own vocabulary. Their rows belong to the technique, one
                      for the embedding and one for the head, also where the model's head is its table of embeddings.
            note      The paper's experts are SAM, Depth Anything, PIDINet and DINOv2. Here masks, depth and edges are told
                      exactly by the world; prompts and depth tokens meet the states of the model's own encoder as it was
                      before training, kernels meet fixed differences of neighbouring pixels, and features are those states.
            note      One learning rate for all; without dropout. Between the first stage and the next nothing is merged: the
                      same additions go on learning.
            """);

    /** Counts of the paper, section 3.2: of segmentation, and of each other kind. */
    private static final int MASKS = 8;

    private static final int OTHERS = 4;

    /** Tokens of a thought beside those of its groups: its marks, and per group the sentence that names it. */
    private static final int MARKS = 12;

    private static final int SENTENCE = 28;

    private static final List<String> WORDS = List.of(
            "<think>",
            "</think>",
            "<answer>",
            "</answer>",
            "<thought>",
            "</thought>",
            "<seg>",
            "<depth>",
            "<feature>",
            "<edge>");

    private static final List<String> KINDS = List.of("seg", "depth", "feature", "edge");

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public Declaration declaration(ModelShape shape, Knobs knobs) {
        requireBothModels(shape);
        // Rows more in both tables, as transformers starts them.
        Declaration.Builder own = Declaration.begin()
                .normal("words.embedding", 0.02, WORDS.size(), shape.decoderWidth())
                .normal("words.head", 0.02, WORDS.size(), shape.decoderWidth());
        lowRank(knobs).declare(own, layers(shape, knobs));
        ThoughtHeads heads = heads(shape, knobs);
        kinds(knobs).forEach(kind -> heads.declare(own, kind));
        return own.build();
    }

    @Override
    public List<Step> steps(ModelShape shape, Budget budget, Knobs knobs, Weights own) {
        requireBothModels(shape);
        return List.of(new Step(new Station.Weights(), List.of(), s -> Outcome.of(decide(shape, knobs, own))));
    }

    private static Decision decide(ModelShape shape, Knobs knobs, Weights own) {
        Map<String, Addition> all = new LinkedHashMap<>();
        lowRank(knobs).add(all, layers(shape, knobs), own);
        return knobs.is("thoughts", "off")
                ? new Decision.Adapt(new Additions(all))
                : new Decision.Speak(
                        new Additions(all),
                        wording(knobs),
                        new TensorRows(rows(own, "words.embedding", shape)),
                        new TensorRows(rows(own, "words.head", shape)));
    }

    /**
     * What the states of a thought say, by kind. Inputs: the states of its words, {@code [words, decoder width]}, and then
     * for {@code seg} and {@code depth} the states of the untouched encoder behind each of its feature layers, {@code [tokens,
     * encoder width]}; for {@code edge} the picture, {@code [3, height, width]} from 0 to 1; for {@code feature} nothing.
     * They give
     *
     * <ul>
     *   <li>{@code seg}: logits of a mask for each word, patch by patch: {@code [8, patches]};
     *   <li>{@code depth}: {@code [1, patches]};
     *   <li>{@code edge}: from 0 to 1, for squares of {@value EdgeFilters#CELL} pixels: {@code [rows, columns]};
     *   <li>{@code feature}: normed states of the encoder behind the last of its feature layers, class token first where it
     *       has one: {@code [class token + patches, encoder width]};
     *   <li>{@code expert}, whose only input are those states as they are: the same, which {@code feature} is held against.
     * </ul>
     */
    @Override
    public Map<String, Predictor> predictors(ModelShape shape, Knobs knobs) {
        ThoughtHeads heads = heads(shape, knobs);
        Map<String, Predictor> all = new LinkedHashMap<>();
        kinds(knobs).forEach(kind -> all.put(kind, heads.predictor(kind)));
        all.put("expert", (own, inputs) -> heads.expert(inputs[0]));
        return all;
    }

    @Override
    public Map<String, Predictor> drawings(ModelShape shape, Knobs knobs) {
        ThoughtHeads heads = heads(shape, knobs);
        Map<String, Predictor> all = new LinkedHashMap<>();
        kinds(knobs).stream()
                .filter(kind -> !kind.equals("feature"))
                .forEach(kind -> all.put(kind, heads.drawing(kind)));
        return all;
    }

    /** What a thought is about, in its order. */
    static List<String> kinds(Knobs knobs) {
        return switch (knobs.text("experts")) {
            case "all" -> KINDS;
            case "seg-depth-feature" -> KINDS.subList(0, 3);
            case "seg-depth" -> KINDS.subList(0, 2);
            default -> List.of(knobs.text("experts"));
        };
    }

    /** The further words, and what they are for. */
    static Wording wording(Knobs knobs) {
        List<Wording.Group> groups = new ArrayList<>();
        int most = MARKS;
        for (String kind : kinds(knobs)) {
            int count = kind.equals("seg") ? MASKS : OTHERS;
            groups.add(new Wording.Group(kind, WORDS.indexOf("<" + kind + ">"), count));
            most += count + SENTENCE;
        }
        return new Wording(WORDS, 0, 1, 2, 3, 4, 5, groups, most);
    }

    private static Tensor rows(Weights own, String name, ModelShape shape) {
        return own.tensor(name, WORDS.size(), shape.decoderWidth());
    }

    private static LowRankLayers lowRank(Knobs knobs) {
        return new LowRankLayers(knobs.integer("rank"), knobs.number("alpha") / knobs.integer("rank"));
    }

    private static List<LowRankLayers.Layer> layers(ModelShape shape, Knobs knobs) {
        List<LowRankLayers.Layer> layers = new ArrayList<>(LowRankLayers.ofDecoder(shape));
        if (knobs.flag("encoder")) {
            layers.addAll(LowRankLayers.ofEncoder(shape));
        }
        return layers;
    }

    private static ThoughtHeads heads(ModelShape shape, Knobs knobs) {
        return new ThoughtHeads(shape, knobs.is("norm", "channels"));
    }

    private static void requireBothModels(ModelShape shape) {
        if (!shape.hasVision() || !shape.hasLanguageModel()) {
            throw new IllegalArgumentException("Technique 'covt' has a model think about what it sees, but this model "
                    + (shape.hasVision() ? "ends with its encoder" : "reads text alone") + ".");
        }
    }
}
