package dev.fovea.core;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fovea.core.image.PictureReader;
import dev.fovea.core.image.PreparedImage;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.text.ChatMessage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** From messages and pictures to token ids and answers, in families whose pictures take more than one placeholder. */
class FamilyPromptTest {
    private static final Path ROOT = Path.of("src/test/resources/golden");

    @ParameterizedTest
    @ValueSource(strings = {"llava-mha", "llava-gqa", "qwen2-5-vl", "qwen2-5-vl-flat", "idefics3", "smolvlm"})
    void idsAreThoseOfTheProcessor(String name) throws IOException {
        Path folder = ROOT.resolve(name);
        JsonNode json =
                new ObjectMapper().readTree(folder.resolve("golden.json").toFile());
        try (VisionLanguageModel model = VisionLanguageModel.open(folder)) {
            for (String prompt : List.of("one_image", "two_images", "text_only")) {
                List<Shown> shown = new ArrayList<>();
                List<ChatMessage> messages =
                        messages(json.at("/prompts/" + prompt + "/messages"), folder, shown, model);
                String rendered = model.asking().template().render(messages, true);
                assertThat(rendered)
                        .isEqualTo(json.at("/prompts/" + prompt + "/rendered").asText());
                Asking.Job job = model.asking().job(messages, shown, "", AskOptions.defaults());
                assertThat(expanded(job, model))
                        .as(prompt)
                        .containsExactly(ints(json.at("/prompts/" + prompt + "/input_ids")));
            }
        }
    }

    private static List<ChatMessage> messages(JsonNode all, Path folder, List<Shown> shown, VisionLanguageModel model) {
        List<ChatMessage> out = new ArrayList<>();
        for (JsonNode message : all) {
            List<ChatMessage.Part> parts = new ArrayList<>();
            for (JsonNode part : message.path("content")) {
                if (part.path("type").asText().equals("image")) {
                    RgbImage picture = new PictureReader()
                            .read(folder.resolve(part.path("path").asText()))
                            .image();
                    shown.add(model.asking().prepare(picture));
                    parts.add(new ChatMessage.Image());
                } else {
                    parts.add(new ChatMessage.Text(part.path("text").asText()));
                }
            }
            out.add(new ChatMessage(message.path("role").asText(), parts));
        }
        return out;
    }

    /** The ids with as many placeholders for each view as it has tokens. */
    private static int[] expanded(Asking.Job job, VisionLanguageModel model) {
        ModelShape shape = model.shape();
        List<PreparedImage> views = job.views();
        List<Integer> out = new ArrayList<>();
        int view = 0;
        for (int id : job.ids()) {
            int times = 1;
            if (model.asking().engine().model().isPlaceholder(id)) {
                PreparedImage own = views.get(view++);
                times = Pictures.of(shape, own.height(), own.width()).visualTokens();
            }
            for (int i = 0; i < times; i++) {
                out.add(id);
            }
        }
        return out.stream().mapToInt(Integer::intValue).toArray();
    }

    private static int[] ints(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false)
                .mapToInt(JsonNode::asInt)
                .toArray();
    }
}
