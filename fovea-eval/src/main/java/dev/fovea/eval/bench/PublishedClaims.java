package dev.fovea.eval.bench;

import dev.fovea.eval.bench.Claim.Match;
import dev.fovea.eval.bench.Claim.OfPlace;
import dev.fovea.eval.bench.Claim.OfScore;
import dev.fovea.eval.bench.Claim.Place;
import dev.fovea.eval.bench.Claim.Range;
import dev.fovea.eval.bench.Claim.Relation;
import java.util.ArrayList;
import java.util.List;

/** What the papers behind the techniques claim, as far as a contest of accuracies can show it. */
public final class PublishedClaims {
    private static final Range SMALL = Range.upTo(11.1);
    private static final List<String> NONE = List.of();

    private PublishedClaims() {}

    /** All of them, those that compare techniques first. */
    public static List<Claim> all() {
        List<Claim> all = new ArrayList<>();
        location(all);
        places(all);
        signals(all);
        merging(all);
        retained(all);
        bounds(all);
        return List.copyOf(all);
    }

    private static void location(List<Claim> all) {
        all.add(new OfScore(
                "FEATHER answers questions for a place better than FastV does with as many operations.",
                "FEATHER, arXiv 2412.13180: more than five times FastV's localisation score (RefCOCO 43.4 against 7.6) at "
                        + "64 % fewer FLOPs.",
                List.of("feather"),
                Relation.ABOVE,
                1,
                List.of("fastv"),
                Match.FLOPS,
                Range.any(),
                true));
        all.add(new OfScore(
                "FastV answers questions for a place better when its score leaves rotary positions out.",
                "FEATHER, arXiv 2412.13180: RefCOCO 15.4 without them, 7.6 with them.",
                List.of("fastv:rope=off"),
                Relation.ABOVE,
                1,
                List.of("fastv"),
                Match.BUDGET,
                Range.any(),
                true));
    }

    private static void places(List<Claim> all) {
        String source = "FEATHER, arXiv 2412.13180: rotary distance rules FastV's score in early layers and its tokens "
                + "cluster in the bottom rows.";
        all.add(new OfPlace(
                "FastV's kept tokens crowd in the lower half of the picture.",
                source,
                List.of("fastv"),
                Place.LOW,
                NONE,
                Range.upTo(33.3)));
        all.add(new OfPlace(
                "FEATHER's kept tokens do not crowd in the lower half of the picture.",
                source,
                List.of("feather"),
                Place.NOT_LOW,
                NONE,
                Range.upTo(33.3)));
        all.add(new OfPlace(
                "Fewer of FEATHER's kept tokens than of FastV's lie in the lower half.",
                source,
                List.of("feather"),
                Place.LESS_LOW,
                List.of("fastv"),
                Range.upTo(33.3)));
    }

    private static void signals(List<Claim> all) {
        all.add(new OfScore(
                "At small budgets, choosing diverse tokens is at least level with choosing attended ones.",
                "ToDRE, arXiv 2505.18757: 95.0 % of the full model at 10 % of the tokens, FastV 88.8 %; HoloV, arXiv "
                        + "2510.02912: 95.8 % at 11.1 %, FastV 76.7 %.",
                List.of("todre", "holov"),
                Relation.LEVEL,
                1,
                List.of("hiprune", "vtc-cls", "fastv"),
                Match.BUDGET,
                SMALL,
                false));
        all.add(new OfScore(
                "Choosing by what vision itself attends to is at least level with choosing by the text's attention, at "
                        + "the same average number of tokens per layer.",
                "VisionDrop, arXiv 2506.22283: text-guided ranking is misaligned, the more so the smaller the budget.",
                List.of("visiondrop"),
                Relation.LEVEL,
                1,
                List.of("pyramiddrop", "fastv"),
                Match.TOKENS,
                Range.any(),
                false));
        all.add(new OfScore(
                "The same holds at the same budget as typed, although FastV's first layers see every token beside it.",
                "VisionDrop, arXiv 2506.22283, against FastV among others.",
                List.of("visiondrop"),
                Relation.LEVEL,
                1,
                List.of("fastv"),
                Match.BUDGET,
                Range.any(),
                false));
        all.add(new OfScore(
                "The encoder's attention tells at small budgets what to keep better than the prompt's does.",
                "HiPrune, arXiv 2508.00553: 92.7 % of the full model at 11.1 %, FastV 76.7 %; VTC-CLS, arXiv 2412.05819: "
                        + "prompt attention misses tokens that matter.",
                List.of("hiprune", "vtc-cls"),
                Relation.ABOVE,
                1,
                List.of("fastv"),
                Match.BUDGET,
                SMALL,
                false));
        all.add(new OfScore(
                "Pruning step by step in the encoder beats one cut by class attention at its end.",
                "FlowCut, arXiv 2505.19536: at 22.2 %, TextVQA 55.3 to 57.3 and POPE 76.6 to 85.2.",
                List.of("flowcut"),
                Relation.ABOVE,
                1,
                List.of("vtc-cls"),
                Match.BUDGET,
                Range.upTo(33.3),
                false));
    }

    private static void merging(List<Claim> all) {
        all.add(new OfScore(
                "Merging with an eye on what the class token attends to beats merging by likeness alone.",
                "Turbo, arXiv 2407.11717, against ToMe, arXiv 2210.09461.",
                List.of("turbo"),
                Relation.ABOVE,
                1,
                List.of("tome"),
                Match.BUDGET,
                Range.any(),
                false));
        all.add(new OfScore(
                "Recovering tokens that the question asks for beats merging inside the encoder, with as many tokens.",
                "Recoverable Compression, arXiv 2409.01179: VQAv2 70.4 without training, ToMe 57.1.",
                List.of("recoverable-compression"),
                Relation.ABOVE,
                1,
                List.of("tome"),
                Match.TOKENS,
                Range.any(),
                false));
    }

    /** Shares of the plain model's score, as published for photographs and models a thousand times as large. */
    private static void retained(List<Claim> all) {
        all.add(kept("fastv", 97.4, 50, "FastV, arXiv 2403.06764: GQA 62.0 to 60.4 with half of the tokens."));
        all.add(kept("pyramiddrop", 99, 46.9, "PyramidDrop, arXiv 2410.17247: comparable scores, 55 % fewer FLOPs."));
        all.add(kept("hiprune", 99.3, 33.3, "HiPrune, arXiv 2508.00553, LLaVA-1.5-7B."));
        all.add(kept("hiprune", 92.7, 11.1, "HiPrune, arXiv 2508.00553, LLaVA-1.5-7B."));
        all.add(kept("vtc-cls", 94, 11.1, "VTC-CLS, arXiv 2412.05819: an average of 58.4 of 62.1."));
        all.add(kept("visiondrop", 98.76, 33.3, "VisionDrop, arXiv 2506.22283, LLaVA-1.5-7B."));
        all.add(kept("holov", 95.8, 11.1, "HoloV, arXiv 2510.02912, LLaVA-1.5-7B."));
        all.add(kept("flowcut", 96, 11.1, "FlowCut, arXiv 2505.19536, LLaVA-1.5-7B."));
        all.add(kept("todre", 95, 10, "ToDRE, arXiv 2505.18757, LLaVA-NeXT-7B."));
        all.add(kept("vflowopt", 90, 10, "VFlowOpt, arXiv 2508.05211, LLaVA-OneVision-7B."));
    }

    private static Claim kept(String technique, double percent, double budget, String source) {
        Range range = Range.about(budget);
        return new OfScore(
                "%s keeps %s %% of the full model's score at %s of the tokens."
                        .formatted(
                                technique,
                                percent == Math.rint(percent) ? Long.toString((long) percent) : percent + "",
                                range.words()),
                source,
                List.of(technique),
                Relation.ABOVE,
                percent / 100,
                NONE,
                Match.FULL,
                range,
                false);
    }

    private static void bounds(List<Claim> all) {
        all.add(new OfScore(
                "Spending fewer tokens costs accuracy: at about a third of them, every technique lies below the full "
                        + "model.",
                "All of the papers' tables, but for differences within noise.",
                List.of(Claim.EVERY),
                Relation.BELOW,
                1,
                NONE,
                Match.FULL,
                Range.about(33.3),
                false));
        all.add(new OfScore(
                "Choosing beats chance: at about a third of the tokens, every technique lies above random ones.",
                "Most of the papers compare with random tokens, or with techniques that do.",
                List.of(Claim.EVERY),
                Relation.ABOVE,
                1,
                List.of("random"),
                Match.BUDGET,
                Range.about(33.3),
                false));
        all.add(new OfScore(
                "A smaller picture beats choosing: at about a quarter of the tokens, every technique lies below the "
                        + "picture made smaller until it costs the same.",
                "VTC-Bench, arXiv 2510.07143: 91.0 % of the full model's score for downsampling, 82.7 to 84.9 % for "
                        + "FastV, VisionZip, PruMerge+ and DART (Qwen2-VL-7B, mean of 8 benchmarks).",
                List.of(Claim.EVERY),
                Relation.BELOW,
                1,
                List.of(Baselines.SMALLER_PICTURE),
                Match.TOKENS,
                Range.about(25),
                false));
    }
}
