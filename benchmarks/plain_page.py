"""Browse as one writes it with what Streamlit brings: the comparison side of browse_rerun.

The same thousand rows, listed once by boto3 and cached; selecting a row runs the script again,
which asks for that object and shows it as the panel of Browse does.
"""

import os

import boto3
import pandas as pd
import streamlit as st
from botocore.config import Config

st.set_page_config(layout="wide")
BUCKET, PREFIX = os.environ["PLAIN_BUCKET"], os.environ["PLAIN_PREFIX"]


@st.cache_resource
def client():
    return boto3.client(
        "s3",
        endpoint_url=os.environ["PLAIN_ENDPOINT"],
        region_name=os.environ["AWS_REGION"],
        config=Config(signature_version="s3v4"),
    )


@st.cache_data(ttl=20)
def listing():
    answer = client().list_objects_v2(Bucket=BUCKET, Prefix=PREFIX)
    columns = ["Key", "Size", "LastModified", "StorageClass"]
    return pd.DataFrame(answer["Contents"])[columns]


left, right = st.columns([2.4, 1])
rows = listing()
with left:
    chosen = st.dataframe(
        rows, hide_index=True, height=600, on_select="rerun", selection_mode="single-row"
    )
with right:
    picked = list(chosen.selection.rows)
    st.text(f"{len(rows)} objects, {len(picked)} selected")
    if picked:
        where = {"Bucket": BUCKET, "Key": rows["Key"][picked[-1]]}
        head = client().head_object(**where)
        tags = client().get_object_tagging(**where)["TagSet"]
        versions = client().list_object_versions(Bucket=BUCKET, Prefix=where["Key"], MaxKeys=20)
        st.audio(client().generate_presigned_url("get_object", where, ExpiresIn=900))
        st.text(f"s3://{BUCKET}/{where['Key']}")
        st.text(f"{head['ContentLength']} bytes, {head['ContentType']}, {head['LastModified']}")
        st.json({"metadata": head["Metadata"], "tags": tags})
        st.text(f"{len(versions['Versions'])} versions")
