package dev.fovea.eval.suite;

import dev.fovea.eval.suite.metric.Polled;
import dev.fovea.eval.suite.metric.YesNo;
import dev.fovea.world.Company;
import dev.fovea.world.Kind;
import dev.fovea.world.Renderer;
import dev.fovea.world.Scene;
import dev.fovea.world.SceneOptions;
import dev.fovea.world.Scenes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;

/**
 * POPE (arXiv 2305.10355, section 4.1) about pictures of the world that no model was trained on: for each of the three ways
 * of choosing objects that are not there one question about such an object and one about an object that is. Pictures show
 * at least three kinds of objects. What is frequent, and what is often seen together, is counted over the world's casts.
 *
 * @param evaluation number of the evaluation, from 0
 */
public record WorldPope(long evaluation) implements Suite {
    private static final long FIRST = WorldSuite.SEEDS / 4 * 3;
    private static final int MOST = WorldSuite.SEEDS / 4;
    private static final int KINDS = 3;
    private static final SceneOptions CROWDED = SceneOptions.defaults().withObjects(KINDS, 6);

    /** The paper takes the k most popular ones, of 80, for k questions; here one is drawn of as large a share. */
    private static final int POPULAR = 10;

    /** Likewise of those that are most often seen with what is there. */
    private static final int COMPANIONS = 3;

    private static final int COUNTED = 200_000;
    private static final int MAX_TOKENS = 16;

    public WorldPope {
        BalancedWorld.check(evaluation);
    }

    /** How an object is chosen that is not there. */
    private enum Way {
        RANDOM,
        POPULAR,
        ADVERSARIAL;

        String id() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Counted once, when it is first asked for; no scene of any training or evaluation is among those counted. */
    private static final class Counted {
        private static final Company COMPANY = Company.of(CROWDED, 0, COUNTED);
    }

    @Override
    public String name() {
        return "world-pope";
    }

    @Override
    public String source() {
        return "world, presence asked as by POPE about pictures of seeds from " + first();
    }

    private long first() {
        return WorldSuite.first(evaluation) + FIRST;
    }

    @Override
    public void forEach(int limit, Visitor visitor) {
        BalancedWorld.checkLimit(limit, MOST);
        int left = limit;
        for (long seed = first(); left > 0; seed++) {
            for (Item item : items(seed)) {
                if (left-- == 0 || !visitor.visit(item)) {
                    return;
                }
            }
        }
    }

    /** Six questions, or none about a picture of too few kinds. */
    private static List<Item> items(long seed) {
        Scene scene = Scenes.generate(seed, CROWDED);
        List<Kind> there = new ArrayList<>(Kind.of(scene));
        if (there.size() < KINDS) {
            return List.of();
        }
        PictureSource source = PictureSource.of(seed, Renderer.render(scene, Renderer.DEFAULT_SIZE));
        Random random = new Random(seed);
        Collections.shuffle(there, random);
        List<Kind> present = Kind.of(scene);
        List<Kind> used = new ArrayList<>();
        List<Item> items = new ArrayList<>();
        for (Way way : Way.values()) {
            Kind asked = there.get(items.size() / 2);
            Kind absent = absent(way, present, used, random);
            used.add(absent);
            items.add(item(seed, items.size(), source, way, asked, true));
            items.add(item(seed, items.size(), source, way, absent, false));
        }
        return items;
    }

    /** Asked twice, an object would be answered twice alike: no two ways take the same one. */
    private static Kind absent(Way way, List<Kind> present, List<Kind> used, Random random) {
        List<Kind> ranked = switch (way) {
            case RANDOM, POPULAR -> Counted.COMPANY.popular(present);
            case ADVERSARIAL -> Counted.COMPANY.companions(present);
        };
        List<Kind> open = ranked.stream().filter(kind -> !used.contains(kind)).toList();
        int among = switch (way) {
            case RANDOM -> open.size();
            case POPULAR -> POPULAR;
            case ADVERSARIAL -> COMPANIONS;
        };
        return open.get(random.nextInt(among));
    }

    private static Item item(long seed, int index, PictureSource source, Way way, Kind kind, boolean there) {
        String target = there ? "yes" : "no";
        return new Item(
                seed + "-" + index,
                source,
                "Is there " + kind.withArticle() + " in the picture?",
                MAX_TOKENS,
                way.id(),
                "",
                target,
                Grader.of(answer -> Grader.Grade.match(YesNo.mme(answer), target)));
    }

    @Override
    public Map<String, Double> metrics(List<Scored> scored) {
        return summed().of(scored);
    }

    @Override
    public Summed summed() {
        return new Polled(List.of(Way.RANDOM.id(), Way.POPULAR.id(), Way.ADVERSARIAL.id()));
    }
}
