package dev.fovea.eval.suite.metric;

import dev.fovea.eval.suite.Scored;
import dev.fovea.eval.suite.Summed;
import dev.fovea.world.Scene;
import dev.fovea.world.Told;
import dev.fovea.world.Told.Truth;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * CHAIR (arXiv 1809.02156, equations 1 and 2): which of the objects that captions name are not there, and, as in M3ID and
 * VISTA, where in the caption they are named and how many of those that are there it leaves out.
 */
public final class Chair implements Summed {
    /** Parts of a caption of the same length, in characters. */
    private static final List<String> THIRDS = List.of("early", "middle", "late");

    private static final String OBJECTS = "objects";
    private static final String FOUND = "found";
    private static final String NAMED = "named";
    private static final String INVENTED = "invented";
    private static final String SURPLUS = "surplus";
    private static final String TRUE_PLACE = "true_place";
    private static final String INVENTED_PLACE = "invented_place";

    private static final List<String> FACTS = facts();

    /** The captions with an invented object stand behind the facts, and all captions behind these. */
    private static final int UNFAITHFUL = FACTS.size();

    private static final int CAPTIONS = FACTS.size() + 1;

    private static List<String> facts() {
        List<String> facts =
                new ArrayList<>(List.of(OBJECTS, FOUND, NAMED, INVENTED, SURPLUS, TRUE_PLACE, INVENTED_PLACE));
        THIRDS.forEach(third -> facts.addAll(List.of(NAMED + "_" + third, INVENTED + "_" + third)));
        return List.copyOf(facts);
    }

    /** What is counted in a caption, by name; places are sums over objects. */
    public static Map<String, Double> count(Scene scene, String caption) {
        Told told = Told.of(scene, caption);
        Map<String, Double> facts = new LinkedHashMap<>();
        FACTS.forEach(name -> facts.put(name, 0.0));
        facts.put(OBJECTS, (double) told.objects());
        facts.put(FOUND, (double) told.found());
        for (Told.Thing thing : told.things()) {
            boolean invented = thing.truth() == Truth.INVENTED;
            String third = THIRDS.get(Math.min(THIRDS.size() - 1, (int) (thing.place() * THIRDS.size())));
            add(facts, NAMED, 1);
            add(facts, NAMED + "_" + third, 1);
            add(facts, invented ? INVENTED_PLACE : TRUE_PLACE, thing.place());
            if (invented) {
                add(facts, INVENTED, 1);
                add(facts, INVENTED + "_" + third, 1);
            } else if (thing.truth() == Truth.SURPLUS) {
                add(facts, SURPLUS, 1);
            }
        }
        return facts;
    }

    private static void add(Map<String, Double> facts, String name, double value) {
        facts.merge(name, value, Double::sum);
    }

    /** What a caption names, as it was understood: "2 red star found, 1 blue ring invented". */
    public static String understood(Scene scene, String caption) {
        StringBuilder out = new StringBuilder();
        for (Told.Thing thing : Told.of(scene, caption).things()) {
            out.append(out.isEmpty() ? "" : ", ")
                    .append(thing.mention()
                            .words()
                            .substring(thing.mention().words().indexOf(' ') + 1))
                    .append(' ')
                    .append(thing.truth().name().toLowerCase(Locale.ROOT));
        }
        return out.toString();
    }

    @Override
    public int size() {
        return CAPTIONS + 1;
    }

    @Override
    public void add(Scored scored, double[] sums) {
        for (int i = 0; i < FACTS.size(); i++) {
            sums[i] += scored.fact(FACTS.get(i));
        }
        sums[UNFAITHFUL] += scored.fact(INVENTED) > 0 ? 1 : 0;
        sums[CAPTIONS]++;
    }

    /**
     * {@code f1} of what is named and what is there; {@code chair_i} and {@code chair_s}, the shares of named objects and of
     * captions that are invented or hold an invented one; {@code recall}, the share of objects that are named; {@code
     * surplus}, the share of named objects of which there are some, but not so many; {@code named}, how many a caption
     * names; {@code early.chair_i} and so on for its thirds; {@code place} of true and of invented objects in the caption,
     * 0 to 1.
     */
    @Override
    public Map<String, Double> metrics(double[] sums) {
        double named = of(sums, NAMED);
        double invented = of(sums, INVENTED);
        double precision = share(of(sums, FOUND), Math.max(named, of(sums, FOUND)));
        double recall = share(of(sums, FOUND), of(sums, OBJECTS));
        Map<String, Double> out = new LinkedHashMap<>();
        out.put("f1", precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0);
        out.put("chair_i", share(invented, named));
        out.put("chair_s", share(sums[UNFAITHFUL], sums[CAPTIONS]));
        out.put("recall", recall);
        out.put("surplus", share(of(sums, SURPLUS), named));
        out.put("named", share(named, sums[CAPTIONS]));
        for (String third : THIRDS) {
            out.put(third + ".chair_i", share(of(sums, INVENTED + "_" + third), of(sums, NAMED + "_" + third)));
        }
        double late = share(of(sums, INVENTED + "_late"), of(sums, NAMED + "_late"));
        double early = share(of(sums, INVENTED + "_early"), of(sums, NAMED + "_early"));
        double truePlace = share(of(sums, TRUE_PLACE), named - invented);
        double inventedPlace = share(of(sums, INVENTED_PLACE), invented);
        out.put("late.minus_early", late - early);
        out.put("place.true", truePlace);
        out.put("place.invented", inventedPlace);
        out.put("place.difference", inventedPlace - truePlace);
        return out;
    }

    private static double of(double[] sums, String fact) {
        return sums[FACTS.indexOf(fact)];
    }

    private static double share(double part, double whole) {
        return whole == 0 ? Double.NaN : part / whole;
    }
}
