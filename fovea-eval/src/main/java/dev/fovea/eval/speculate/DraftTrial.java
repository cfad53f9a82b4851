package dev.fovea.eval.speculate;

import dev.fovea.core.Answer;
import dev.fovea.core.AskOptions;
import dev.fovea.core.VisionLanguageModel;
import dev.fovea.core.generate.SamplingOptions;
import dev.fovea.core.image.RgbImage;
import dev.fovea.eval.suite.Item;
import dev.fovea.eval.suite.Suite;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Drafts beside decoding without one, in turns: every question is answered by all of them one after the other, a different
 * one first each time, so that whatever else the machine does hits them alike.
 */
public final class DraftTrial {
    /** Tokens of an answer that is drawn: the first is the prompt's, the others may be guessed. */
    private static final int DRAWN = 4;

    private final VisionLanguageModel model;
    private final AskOptions options;
    private final List<String> drafts;
    private final LongConsumer progress;
    private final BooleanSupplier stop;
    private long done;

    /**
     * @param options techniques and budget
     * @param drafts as typed
     * @param progress told how many answers there are
     * @param stop asked before every question
     */
    public DraftTrial(
            VisionLanguageModel model,
            AskOptions options,
            List<String> drafts,
            LongConsumer progress,
            BooleanSupplier stop) {
        this.model = model;
        this.options = options;
        this.drafts = List.copyOf(drafts);
        this.progress = progress;
        this.stop = stop;
    }

    /**
     * Greedy answers to the first questions of a suite.
     *
     * @return one for each draft; of fewer questions if stopped
     */
    public List<DraftFigures> answers(Suite suite, int limit) {
        List<DraftFigures> figures =
                drafts.stream().map(d -> new DraftFigures(suite.name(), d)).toList();
        int[] number = {0};
        suite.forEach(limit, item -> {
            if (stop.getAsBoolean()) {
                return false;
            }
            if (number[0] == 0) {
                // What a process does only once is nobody's.
                turns(item, 0);
            }
            List<Answer> all = turns(item, number[0]++);
            for (int d = 0; d < figures.size(); d++) {
                figures.get(d).add(item.id(), all.getFirst(), all.get(1 + d));
            }
            return true;
        });
        return figures;
    }

    /** The answers without a draft and with each of them. */
    private List<Answer> turns(Item item, int number) {
        RgbImage picture = item.picture().open();
        AskOptions limited = options.withMaxTokens(item.maxTokens());
        int ways = 1 + drafts.size();
        Map<Integer, Answer> all = new HashMap<>();
        for (int i = 0; i < ways; i++) {
            int way = (i + number) % ways;
            all.put(way, model.ask(List.of(picture), item.prompt(), with(limited, way)));
            progress.accept(++done);
        }
        List<Answer> inOrder = new ArrayList<>();
        for (int way = 0; way < ways; way++) {
            inOrder.add(all.get(way));
        }
        return inOrder;
    }

    private AskOptions with(AskOptions of, int way) {
        return way == 0 ? of : of.withSpeculation(drafts.get(way - 1));
    }

    /**
     * Beginnings of answers to the first question of a suite, drawn again and again.
     *
     * @param draws of each
     * @return for each draft how what it brings compares with what is drawn without; null if stopped before
     */
    public @Nullable List<ChiSquare> drawn(Suite suite, int draws, double temperature) {
        List<Item> first = new ArrayList<>();
        suite.forEach(1, first::add);
        RgbImage picture = first.getFirst().picture().open();
        List<Map<List<Integer>, Integer>> counts = new ArrayList<>();
        for (int way = 0; way <= drafts.size(); way++) {
            Map<List<Integer>, Integer> own = new HashMap<>();
            for (int i = 0; i < draws; i++) {
                if (stop.getAsBoolean()) {
                    return null;
                }
                AskOptions chance = options.withMaxTokens(DRAWN)
                        .withSampling(SamplingOptions.at(temperature, (long) way * draws + i));
                Answer answer = model.ask(List.of(picture), first.getFirst().prompt(), with(chance, way));
                own.merge(DraftFigures.ids(answer), 1, Integer::sum);
                progress.accept(++done);
            }
            counts.add(own);
        }
        return counts.subList(1, counts.size()).stream()
                .map(own -> ChiSquare.ofSamples(counts.getFirst(), own))
                .toList();
    }
}
