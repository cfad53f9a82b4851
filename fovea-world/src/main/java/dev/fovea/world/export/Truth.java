package dev.fovea.world.export;

import dev.fovea.world.Background;
import dev.fovea.world.Box;
import dev.fovea.world.Captions;
import dev.fovea.world.Picture;
import dev.fovea.world.Question;
import dev.fovea.world.Scene;
import dev.fovea.world.SceneObject;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The lines of the JSON files as maps in the order in which they are written. */
final class Truth {
    private Truth() {}

    /** A line of {@code scenes.jsonl}. */
    static Map<String, @Nullable Object> scene(String image, Scene scene, Picture picture) {
        Background background = scene.background();
        Map<String, @Nullable Object> line = new LinkedHashMap<>();
        line.put("image", image);
        line.put("seed", scene.seed());
        line.put("width", picture.width());
        line.put("height", picture.height());
        line.put("theme", lower(scene.theme()));
        line.put("background", lower(background.kind()));
        line.put("background_colour", hex(background.rgb()));
        line.put(
                "objects", scene.objects().stream().map(o -> object(o, picture)).toList());
        return line;
    }

    private static Map<String, @Nullable Object> object(SceneObject o, Picture picture) {
        Picture.Extent extent = picture.extents().get(o.index());
        Map<String, @Nullable Object> fields = new LinkedHashMap<>();
        fields.put("index", o.index());
        fields.put("shape", o.shape().word());
        fields.put("colour", o.colour().word());
        fields.put("rgb", hex(o.rgb()));
        fields.put("size", o.size().word());
        fields.put("texture", o.texture().word());
        fields.put("text", o.text());
        fields.put("centre", List.of(o.cx(), o.cy()));
        fields.put("radius", o.radius());
        fields.put("angle", o.angle());
        fields.put("bbox", coco(extent.visible()));
        fields.put("full_bbox", coco(extent.full()));
        fields.put("area", extent.visibleArea());
        fields.put("visible_fraction", picture.visibleFraction(o.index()));
        Map<String, @Nullable Object> mask = new LinkedHashMap<>();
        mask.put("size", List.of(picture.height(), picture.width()));
        mask.put("counts", MaskRle.encode(picture.mask(o.index()), picture.width(), picture.height()));
        fields.put("segmentation", mask);
        return fields;
    }

    private static List<Integer> coco(Box box) {
        return List.of(box.left(), box.top(), box.width(), box.height());
    }

    private static String hex(int rgb) {
        return String.format(Locale.ROOT, "#%06x", rgb);
    }

    private static String lower(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    /** A line of {@code captions.jsonl}. */
    static Map<String, @Nullable Object> captions(String image, Scene scene, Picture picture) {
        Map<String, @Nullable Object> line = new LinkedHashMap<>();
        line.put("image", image);
        line.put("caption", Captions.full(scene, picture));
        line.put("brief", Captions.brief(scene, picture, scene.seed()));
        return line;
    }

    /** A line of {@code questions.jsonl} and a row of {@code questions.parquet}. */
    static Map<String, @Nullable Object> question(long id, String image, Question question) {
        Question.TrueBox box = question.box();
        Map<String, @Nullable Object> line = new LinkedHashMap<>();
        line.put("question_id", Long.toString(id));
        line.put("image", image);
        line.put("question", question.text());
        line.put("answer", question.answer());
        line.put("accepted", question.accepted());
        line.put("skill", question.skill().id());
        line.put("category", question.kind());
        line.put("box", box == null ? null : List.of(box.x1(), box.y1(), box.x2(), box.y2()));
        return line;
    }
}
