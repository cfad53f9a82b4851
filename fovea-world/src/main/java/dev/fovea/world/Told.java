package dev.fovea.world;

import java.util.ArrayList;
import java.util.List;

/**
 * What a caption says is in a scene, held against what is.
 *
 * <p>An object that is named is <em>invented</em> if nothing in the scene is such a one: what CHAIR counts (arXiv 1809.02156).
 * It is <em>surplus</em> if there is such a one, but all of them have been named already: "two red stars" of one. A
 * colour without a shape ("two red ones") may be invented or surplus, but finds nothing.
 *
 * @param things one entry for each object that is named, in the order of the text
 * @param objects objects of the scene
 * @param found how many of them are named
 */
public record Told(List<Thing> things, int objects, int found) {
    /** A text may say "999 stars": so many entries of one mention say as much. */
    private static final int MOST = 20;

    public Told {
        things = List.copyOf(things);
    }

    /** How a named object stands to the scene. */
    public enum Truth {
        FOUND,
        SURPLUS,
        INVENTED
    }

    /**
     * An object that is named.
     *
     * @param mention where and how
     * @param place where in the text its noun begins, 0 at its beginning to 1 at its end
     */
    public record Thing(Mention mention, double place, Truth truth) {}

    /** Reads a caption of a scene. */
    public static Told of(Scene scene, String caption) {
        List<Mention> mentions = CaptionReader.read(caption);
        List<SceneObject> open = new ArrayList<>(scene.objects());
        List<List<Truth>> truths = new ArrayList<>();
        mentions.forEach(m -> truths.add(new ArrayList<>()));
        // Who says most finds first: "a star and a red star" are two things where a red one and a blue one are.
        for (boolean coloured : new boolean[] {true, false}) {
            for (int i = 0; i < mentions.size(); i++) {
                Mention mention = mentions.get(i);
                if (mention.shape() != null && (mention.colour() != null) == coloured) {
                    judge(scene, mention, open, truths.get(i));
                }
            }
        }
        int found = scene.objects().size() - open.size();
        List<Thing> things = new ArrayList<>();
        for (int i = 0; i < mentions.size(); i++) {
            Mention mention = mentions.get(i);
            if (truths.get(i).isEmpty()) {
                judge(scene, mention, new ArrayList<>(scene.objects()), truths.get(i));
            }
            double place = (double) mention.start() / caption.length();
            truths.get(i).forEach(truth -> things.add(new Thing(mention, place, truth)));
        }
        return new Told(things, scene.objects().size(), found);
    }

    private static void judge(Scene scene, Mention mention, List<SceneObject> open, List<Truth> out) {
        boolean any = scene.objects().stream().anyMatch(mention::fits);
        int count = Math.min(mention.count(), MOST);
        for (int n = 0; n < count; n++) {
            SceneObject match = open.stream().filter(mention::fits).findFirst().orElse(null);
            if (match != null) {
                open.remove(match);
            }
            out.add(match != null ? Truth.FOUND : any ? Truth.SURPLUS : Truth.INVENTED);
        }
    }

    /** How many of the named objects stand so. */
    public int count(Truth truth) {
        return (int) things.stream().filter(t -> t.truth() == truth).count();
    }
}
