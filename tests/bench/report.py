import json


def written(found, **more):
    return json.dumps(found, indent=1)
